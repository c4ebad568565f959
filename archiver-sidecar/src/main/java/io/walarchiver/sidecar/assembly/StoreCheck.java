package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.archive.WalObjectMetadata;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Is this store usable and safe? Works on one small object beside {@code wals/} and {@code base/}, and removes it again.
 * For one thread; blocks.
 */
public final class StoreCheck {

    /** The CRT client retries a refused connection for long; a person waits this long for each answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Duration TOLERATED_SKEW = Duration.ofMinutes(1);

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final Clock clock;
    private final PutOptions options;
    private final List<Item> items = new ArrayList<>();

    StoreCheck(ObjectStore store, ArchiveLayout layout, PutOptions options, Clock clock) {
        this.store = store;
        this.layout = layout;
        this.options = options;
        this.clock = clock;
    }

    /** How a check came out. */
    public enum Result {
        /** As it must be. */
        ok,
        /** Works, but a person should know. */
        warning,
        /** Archiving would fail or would not be safe. */
        failed,
        /** Not looked at, because something before it failed or because it was not asked for. */
        skipped
    }

    /**
     * One line of the list.
     *
     * @param name   what was looked at
     * @param result how it came out
     * @param detail what was seen
     * @param fix    what to do; empty when nothing needs doing
     */
    public record Item(String name, Result result, String detail, String fix) {}

    /**
     * The list.
     *
     * @param location    where the archive is
     * @param items       in the order in which they were looked at
     * @param unreachable true when the store could not be reached at all
     */
    public record Report(String location, List<Item> items, boolean unreachable) {

        /** True when nothing failed. */
        public boolean isGood() {
            return items.stream().noneMatch(item -> item.result == Result.failed);
        }
    }

    /**
     * Looks at everything.
     *
     * @param pgdata the data directory whose archive this is to be; empty leaves out whose archive it is
     */
    public static Report run(StoreConfiguration configuration, String serverName, Optional<Path> pgdata) {
        Archive archive = Archive.of(configuration, serverName);
        try (Workers workers = Workers.start(1);
                ObjectStore store = Stores.open(configuration, workers, StoreObserver.NONE)) {
            return new StoreCheck(store, archive.layout(), archive.segmentOptions(), Clock.systemUTC()).run(pgdata);
        }
    }

    Report run(Optional<Path> pgdata) {
        ObjectKey probe = new ObjectKey(layout.serverPrefix() + ".wal-archiver-check-" + UUID.randomUUID());
        boolean unreachable = false;
        StoreException listing = attempt(store.list(layout.walPrefix()).next());
        if (listing == null) {
            ok("list", "objects below " + layout.walPrefix() + " can be listed");
            probe(probe);
        } else {
            unreachable = Failure.of(listing).verdict() == Failure.Verdict.UNAVAILABLE;
            failed("list", listing, "grant s3:ListBucket on the bucket");
            if (unreachable) {
                skipped("write", "the store was not reached");
            } else {
                probe(probe);
            }
        }
        if (listing == null) {
            ownership(pgdata);
        } else {
            skipped("ownership", "needs the listing");
        }
        return new Report(store.location() + " " + layout.serverPrefix(), List.copyOf(items), unreachable);
    }

    private void probe(ObjectKey key) {
        ByteBuffer bytes = direct("wal-archiver check " + clock.instant());
        StoreException write = attempt(store.putIfAbsent(key, Content.of(bytes), options));
        if (write != null) {
            failed("write", write, "grant s3:PutObject, and s3:PutObjectTagging when tags are configured");
            skipped("read", "needs the write");
            skipped("no overwrite", "needs the write");
            skipped("delete", "needs the write");
            return;
        }
        ok("write", "an object can be created" + (options.encryption().isPresent() ? ", encrypted as configured" : ""));
        read(key, bytes);
        overwrite(key);
        StoreException delete = attempt(store.delete(key));
        if (delete == null) {
            ok("delete", "an object can be deleted");
        } else {
            warning(
                    "delete",
                    Failure.of(delete).message(),
                    "archiving works; retention does not. Grant s3:DeleteObject, and delete " + key + " by hand");
        }
    }

    private void read(ObjectKey key, ByteBuffer expected) {
        Read read = new Read();
        StoreException failure = attempt(store.get(key, (info, body) -> {
                    read.info = info;
                    return body.doOnNext(read::append).then();
                })
                .then());
        ObjectInfo info = read.info;
        if (failure != null || info == null) {
            failed(
                    "read",
                    failure == null
                            ? new StoreException.Unavailable("no answer", StoreException.Detail.NONE, null)
                            : failure,
                    "grant s3:GetObject");
            return;
        }
        if (!ByteBuffer.wrap(read.bytes.toByteArray()).equals(expected.duplicate())) {
            items.add(new Item(
                    "read",
                    Result.failed,
                    "what was read is not what was written",
                    "do not archive to this store; report it to its maker"));
            return;
        }
        ok("read", "what was written is read back");
        Duration skew = Duration.between(info.lastModified(), clock.instant()).abs();
        if (skew.compareTo(TOLERATED_SKEW) > 0) {
            warning(
                    "clock",
                    "the clocks of this machine and of the store differ by " + skew.toSeconds() + " s",
                    "set both by NTP; from 15 minutes on S3 refuses every request");
        } else {
            ok("clock", "agrees with the store's");
        }
    }

    private void overwrite(ObjectKey key) {
        Throwable failure = failureOf(store.putIfAbsent(key, Content.of(direct("something else")), options));
        if (failure instanceof StoreException.AlreadyExists) {
            ok("no overwrite", "creating an object twice is refused");
        } else if (failure == null) {
            items.add(new Item(
                    "no overwrite",
                    Result.failed,
                    "the store let an existing object be overwritten although it was asked not to",
                    "use a store that supports If-None-Match on PutObject, or make sure by its own means (object lock,"
                            + " bucket policy) that only one server writes to this archive"));
        } else {
            failed("no overwrite", failure, "use a store that answers 412 to If-None-Match on an existing object");
        }
    }

    private void ownership(Optional<Path> pgdata) {
        if (pgdata.isEmpty()) {
            skipped("ownership", "add --pgdata DIR to compare the archive with a server");
            return;
        }
        long own;
        try {
            own = new DataDirectory(pgdata.get()).controlFile().systemIdentifier();
        } catch (IOException e) {
            items.add(new Item(
                    "ownership",
                    Result.failed,
                    String.valueOf(e.getMessage()),
                    "name the data directory of the server"));
            return;
        }
        OwnershipSample sample = sample();
        if (sample.failure != null) {
            failed("ownership", sample.failure, "grant s3:GetObject");
        } else if (sample.key == null) {
            ok("ownership", "the archive is empty");
        } else if (sample.systemIdentifier == null) {
            warning(
                    "ownership",
                    sample.key + " does not tell which cluster wrote it; it comes from another tool",
                    "make sure that this archive belongs to this server; the first segment archived is compared by its header");
        } else if (sample.systemIdentifier == own) {
            ok("ownership", "the archive is this cluster's (system identifier " + Long.toUnsignedString(own) + ")");
        } else {
            items.add(new Item(
                    "ownership",
                    Result.failed,
                    sample.key + " was written by the cluster with system identifier "
                            + Long.toUnsignedString(sample.systemIdentifier) + ", this is "
                            + Long.toUnsignedString(own),
                    "choose another --server name or another destinationPath"));
        }
    }

    private OwnershipSample sample() {
        OwnershipSample sample = new OwnershipSample();
        sample.failure = attempt(store.list(layout.walPrefix())
                .take(1000)
                .filter(info -> layout.walFileOf(info.key()).isPresent())
                .next()
                .flatMap(info -> store.head(info.key()))
                .doOnNext(sample::accept)
                .then());
        return sample;
    }

    private static final class OwnershipSample {
        private @Nullable StoreException failure;
        private @Nullable ObjectKey key;
        private @Nullable Long systemIdentifier;

        void accept(ObjectInfo info) {
            key = info.key();
            WalObjectMetadata.of(info.metadata())
                    .ifPresent(metadata -> metadata.systemIdentifier().ifPresent(id -> systemIdentifier = id));
        }
    }

    private static final class Read {
        private @Nullable ObjectInfo info;
        private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

        void append(ByteBuffer part) {
            byte[] copy = new byte[part.remaining()];
            part.get(copy);
            bytes.writeBytes(copy);
        }
    }

    private static ByteBuffer direct(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static @Nullable StoreException attempt(Mono<?> call) {
        Throwable failure = failureOf(call);
        if (failure == null || failure instanceof StoreException) {
            return (StoreException) failure;
        }
        throw new IllegalStateException("the store failed in an unforeseen way", failure);
    }

    private static @Nullable Throwable failureOf(Mono<?> call) {
        return Flux.from(call)
                .timeout(
                        PATIENCE,
                        Mono.error(() -> new StoreException.Unavailable(
                                "no answer within " + PATIENCE.toSeconds() + " s", StoreException.Detail.NONE, null)))
                .then()
                .materialize()
                .blockOptional()
                .map(signal -> signal.getThrowable())
                .orElse(null);
    }

    private void ok(String name, String detail) {
        items.add(new Item(name, Result.ok, detail, ""));
    }

    private void warning(String name, String detail, String fix) {
        items.add(new Item(name, Result.warning, detail, fix));
    }

    private void skipped(String name, String why) {
        items.add(new Item(name, Result.skipped, why, ""));
    }

    private void failed(String name, Throwable failure, String permission) {
        Failure sorted = Failure.of(failure);
        String fix =
                switch (sorted.verdict()) {
                    case ACCESS_DENIED -> "check the keys in the Secret, their expiry, and " + permission;
                    case UNAVAILABLE ->
                        "check endpointURL, the network, and whether the endpoint's certificate is trusted (endpointCA)";
                    default -> "check bucket, region and endpointURL; " + permission;
                };
        items.add(new Item(name, Result.failed, sorted.message(), fix));
    }
}
