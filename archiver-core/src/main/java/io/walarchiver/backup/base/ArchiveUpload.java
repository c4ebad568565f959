package io.walarchiver.backup.base;

import io.walarchiver.backup.base.VolumeReader.Next;
import io.walarchiver.backup.base.VolumeReader.Piece;
import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.codec.Codec;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import java.io.IOException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One archive of a backup, the data directory or a tablespace, in as many volumes as its size needs. Reading, compressing
 * and sending overlap: while some parts are sent the next one is filled, one piece compressed and the one after it read.
 *
 * <p>Between two calls of {@link #add} no buffer is held: the beginning of a part stays on the heap until there is more.
 * The calls are made one after the other.
 */
final class ArchiveUpload {

    /** One being compressed, one waiting; one more is read in the meantime. */
    private static final int PIECES_AHEAD = 1;

    /** What was read and not compressed yet is not in the count, and noise grows a little in any compressor. */
    private static final double USABLE_SHARE = 0.95;

    private final Archive archive;
    private final BackupId id;
    private final Tools tools;
    private final long usableBytes;
    private final VolumeReader reader = new VolumeReader();
    private @Nullable VolumeUpload volume;
    private int nextVolume;
    private volatile Next last = Next.PAUSE;

    /**
     * What all archives of a backup share.
     *
     * @param partBytes  how large parts become
     * @param stored    is told the size of each part that was stored
     */
    record Tools(
            ObjectStore store,
            BackupSettings settings,
            Codec codec,
            PartBuffers buffers,
            int partBytes,
            BandwidthLimit bandwidth,
            LongConsumer stored,
            Scheduler fileIo,
            Scheduler compute) {}

    ArchiveUpload(Archive archive, BackupId id, Tools tools) {
        this.archive = archive;
        this.id = id;
        this.tools = tools;
        this.usableBytes = (long) (USABLE_SHARE * tools.partBytes() * MultipartUpload.MAX_PARTS);
    }

    /** Stores more members. Completes when they are read, and no buffer is held for them any more. */
    Mono<Void> add(MemberSource members) {
        return Mono.defer(() -> {
            reader.use(members);
            return volumes();
        });
    }

    /** Ends the archive and makes it visible. */
    Mono<Void> finish() {
        return Mono.defer(() -> {
            reader.finish();
            return volumes();
        });
    }

    private Mono<Void> volumes() {
        return Mono.defer(this::fill).repeat(() -> last == Next.VOLUME).then();
    }

    /** Goes on with the volume until it is full, or there are no members for now. */
    private Mono<Void> fill() {
        VolumeUpload current;
        try {
            current = volume();
        } catch (IOException e) {
            return Mono.error(e);
        }
        // The upload comes first, so that a store that refuses is noticed before anything is read.
        return current.open()
                .thenMany(Flux.defer(() -> parts(current)))
                .flatMap(
                        part -> send(current, current.nextNumber(), part),
                        tools.settings().jobs(),
                        1)
                .then(Mono.defer(() -> last == Next.PAUSE ? Mono.empty() : complete(current)));
    }

    private synchronized VolumeUpload volume() throws IOException {
        VolumeUpload open = volume;
        if (open == null) {
            ObjectKey key = tools.settings()
                    .layout()
                    .backupKey(
                            id.value(),
                            BackupFile.name(archive, nextVolume, tools.codec().compression()));
            open = new VolumeUpload(
                    tools.store(),
                    key,
                    tools.settings().options(),
                    new VolumeEncoder(tools.codec(), tools.partBytes()));
            nextVolume++;
            volume = open;
        }
        return open;
    }

    private Mono<Void> complete(VolumeUpload current) {
        return current.complete().doOnSuccess(done -> {
            synchronized (this) {
                volume = null;
            }
        });
    }

    private Flux<Part> parts(VolumeUpload current) {
        VolumeEncoder encoder = current.encoder();
        VolumeReader.Capacity capacity = (members, next) -> members > 0
                && (encoder.produced() > tools.settings().maxArchiveBytes() || encoder.produced() + next > usableBytes);
        return BlockingWork.on(tools.fileIo(), () -> reader.read(capacity))
                .repeat()
                .takeUntil(piece -> piece.next() != Next.MORE)
                .concatMap(piece -> encode(encoder, piece), PIECES_AHEAD);
    }

    private Flux<Part> encode(VolumeEncoder encoder, Piece piece) {
        last = piece.next();
        if (piece.length() == 0 && piece.next() == Next.PAUSE && !encoder.hasPart()) {
            return Flux.empty();
        }
        return lend(encoder)
                .then(BlockingWork.run(tools.compute(), () -> {
                    encoder.encode(piece.bytes(), piece.length());
                    reader.free(piece);
                    if (piece.next() == Next.VOLUME || piece.next() == Next.NOTHING) {
                        encoder.end();
                    }
                }))
                .thenMany(Flux.defer(() -> filled(encoder, piece.next())));
    }

    private Mono<Void> lend(VolumeEncoder encoder) {
        return Mono.defer(() -> encoder.hasPart()
                ? Mono.empty()
                : tools.bandwidth()
                        .admit()
                        .then(tools.buffers().acquire())
                        // Memory may have to be allocated for it.
                        .flatMap(part -> BlockingWork.run(tools.compute(), () -> encoder.use(part))));
    }

    private Flux<Part> filled(VolumeEncoder encoder, Next next) {
        Part full = encoder.takeFull();
        if (full != null) {
            return Flux.just(full)
                    .concatWith(Flux.defer(() -> encoder.hasOverflow()
                            ? lend(encoder).thenMany(Flux.defer(() -> filled(encoder, next)))
                            : Flux.empty()));
        }
        if (next == Next.MORE) {
            return Flux.empty();
        }
        Part rest = next == Next.PAUSE ? encoder.takeForPause() : encoder.takeRest();
        if (rest != null && rest.isEmpty()) {
            rest.release();
            return Flux.empty();
        }
        return rest == null ? Flux.empty() : Flux.just(rest);
    }

    private Mono<Void> send(VolumeUpload current, int number, Part filled) {
        return Mono.usingWhen(
                Mono.just(filled),
                part -> Mono.defer(() -> {
                    Content content = part.seal();
                    tools.bandwidth().sending(content.length());
                    return current.send(number, content)
                            .doOnSuccess(done -> tools.stored().accept(content.length()));
                }),
                part -> Mono.fromRunnable(part::release),
                (part, failure) -> Mono.fromRunnable(part::release),
                part -> Mono.fromRunnable(part::discard));
    }

    /** Closes files and frees the compressor, once nobody uses them any more. */
    Mono<Void> close() {
        return Mono.defer(() -> {
            VolumeUpload open = open();
            Mono<Void> readerClosed = BlockingWork.run(tools.fileIo(), reader::close);
            return open == null
                    ? readerClosed
                    : readerClosed.then(BlockingWork.run(tools.compute(), open.encoder()::close));
        });
    }

    /** Gives up the volume that is open. Volumes completed before stay: without a record they belong to no backup. */
    Mono<Void> abort() {
        return Mono.defer(() -> {
            VolumeUpload open = open();
            return open == null ? Mono.empty() : open.abort();
        });
    }

    private synchronized @Nullable VolumeUpload open() {
        return volume;
    }
}
