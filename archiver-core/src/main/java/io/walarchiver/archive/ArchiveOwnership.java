package io.walarchiver.archive;

import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import io.walarchiver.wal.WalPageHeader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Decides whether an archive is ours: empty, or written by the cluster with our system identifier, on whatever timeline.
 * Answers from one page of keys and one look into a segment; once it is found to be ours, at no cost at all.
 */
final class ArchiveOwnership {

    /** One page of an S3 listing. */
    private static final int PAGE = 1000;

    /** Enough for the long header of the first page. */
    private static final int HEADER_BYTES = 64;

    private final ArchiveLayout layout;
    private final DataDirectory source;
    private final ObjectStore store;
    private final StoredObject stored;
    private final Scheduler fileIo;
    private volatile boolean ours;

    ArchiveOwnership(ArchiveSettings settings, DataDirectory source, ObjectStore store, Scheduler fileIo) {
        this.layout = settings.layout();
        this.source = source;
        this.store = store;
        this.fileIo = fileIo;
        this.stored = new StoredObject(store, settings.stateDirectory(), fileIo);
    }

    /** Completes when the archive is empty or ours; fails with {@link ArchiveException.ForeignArchive} otherwise. */
    Mono<Void> verify() {
        return Mono.defer(() -> ours ? Mono.empty() : look())
                .onErrorMap(
                        StoreException.class,
                        e -> new ArchiveException.StoreFailed(
                                "cannot look whether the archive below " + layout.walPrefix() + " in "
                                        + store.location() + " is ours: " + e.getMessage(),
                                e));
    }

    private Mono<Void> look() {
        return store.list(layout.walPrefix()).take(PAGE).collectList().flatMap(page -> {
            List<ObjectInfo> walFiles = page.stream().filter(this::isWal).toList();
            if (!walFiles.isEmpty()) {
                return judge(walFiles);
            }
            // An empty archive is nobody's: another cluster may write to it before we do, so this is not remembered.
            // A full page of other files may be followed by WAL.
            return page.size() < PAGE
                    ? Mono.empty()
                    : store.list(layout.walPrefix()).filter(this::isWal).next().flatMap(found -> judge(List.of(found)));
        });
    }

    private boolean isWal(ObjectInfo info) {
        return layout.walFileOf(info.key()).isPresent();
    }

    private Mono<Void> judge(List<ObjectInfo> walFiles) {
        Optional<ObjectInfo> segment = walFiles.stream()
                .filter(info -> layout.walFileOf(info.key())
                        .filter(WalFileName::isSegmentSized)
                        .isPresent())
                .findFirst();
        return compare(segment.orElse(walFiles.get(0)), segment.isPresent());
    }

    private Mono<Void> compare(ObjectInfo found, boolean isSegment) {
        return store.head(found.key())
                .flatMap(info -> {
                    OptionalLong recorded = StoredObject.metadata(info.metadata())
                            .map(WalObjectMetadata::systemIdentifier)
                            .orElse(OptionalLong.empty());
                    if (recorded.isPresent()) {
                        return Mono.just(recorded.getAsLong());
                    }
                    return isSegment
                            ? systemIdentifierInside(found)
                            : Mono.error(foreign(
                                    found, "it holds no segment among its first files, so whose it is cannot be told"));
                })
                .flatMap(theirs -> Mono.fromCallable(() -> source.controlFile().systemIdentifier())
                        .subscribeOn(fileIo)
                        .onErrorMap(
                                IOException.class,
                                e -> new ArchiveException.SourceUnusable(
                                        "cannot tell whose archive " + found.key() + " belongs to: " + e.getMessage(),
                                        e))
                        .flatMap(own -> own.equals(theirs)
                                ? Mono.<Void>fromRunnable(() -> ours = true)
                                : Mono.error(foreign(
                                        found,
                                        "it was written by the cluster with system identifier "
                                                + Long.toUnsignedString(theirs) + ", this one is "
                                                + Long.toUnsignedString(own)))));
    }

    private Mono<Long> systemIdentifierInside(ObjectInfo segment) {
        return stored.firstBytes(segment.key(), HEADER_BYTES)
                .map(bytes -> WalPageHeader.parse(bytes).systemIdentifier())
                .onErrorMap(
                        failure -> failure instanceof WalFormatException
                                || failure instanceof CorruptObjectException
                                || failure instanceof ArchiveException.Conflict,
                        failure -> foreign(segment, "its content is not a WAL segment: " + failure.getMessage()));
    }

    private ArchiveException.ForeignArchive foreign(ObjectInfo found, String reason) {
        return new ArchiveException.ForeignArchive("Expected empty archive: " + store.location() + " already holds "
                + found.key() + ", and " + reason + ". Choose another server name or destination for this cluster, or"
                + " remove the old archive if nobody needs it");
    }
}
