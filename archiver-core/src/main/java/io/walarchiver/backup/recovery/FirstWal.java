package io.walarchiver.backup.recovery;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import io.walarchiver.backup.recovery.RecoveryException.FirstWalMissing;
import io.walarchiver.backup.recovery.RecoveryException.StoreFailed;
import io.walarchiver.backup.recovery.RecoveryException.WrongServer;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import io.walarchiver.wal.WalPageHeader;
import io.walarchiver.wal.WalSegmentName;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Proves that recovery could begin, before hours are spent on the backup: fetches and checks the segment in which the
 * backup begins, and the history of the target timeline, without which PostgreSQL does not start. The last segment is
 * looked for as well; on a backup of a standby it may be archived later, so that its absence is only told.
 */
final class FirstWal {

    private final RestorePipeline wals;
    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final BackupRestoreObserver observer;

    FirstWal(RestorePipeline wals, ObjectStore store, ArchiveLayout layout, BackupRestoreObserver observer) {
        this.wals = wals;
        this.store = store;
        this.layout = layout;
        this.observer = observer;
    }

    /**
     * Proves it, or fails with a {@link RecoveryException}.
     *
     * @param scratch  a file to fetch to; it is gone afterwards
     * @param blocking for file I/O
     */
    Mono<Void> prove(RestoreOrder order, Path scratch, Scheduler blocking) {
        BackupInfo info = order.backup().info();
        Optional<WalSegmentName> first = info.begin().segment();
        if (first.isEmpty()) {
            return Mono.error(new FirstWalMissing(
                    "the record of backup " + order.backup().id() + " does not tell with which log it begins", null));
        }
        WalFileName name = new WalFileName.Segment(first.get());
        return fetch(name, "the log in which backup " + order.backup().id() + " begins", scratch)
                .then(BlockingWork.run(blocking, () -> check(first.get(), info, scratch)))
                .then(history(order, scratch))
                .then(BlockingWork.run(blocking, () -> {
                    boolean unused = Files.deleteIfExists(scratch);
                }))
                .then(last(info));
    }

    private Mono<Void> fetch(WalFileName name, String role, Path scratch) {
        return wals.restore(name, scratch)
                .onErrorMap(RestoreException.class, failure -> explain(name, role, failure))
                .then();
    }

    private RecoveryException explain(WalFileName name, String role, RestoreException failure) {
        if (failure instanceof RestoreException.NotArchived) {
            return new FirstWalMissing(
                    role + ", " + name + ", is not in the archive " + layout.walPrefix() + " of " + store.location()
                            + "; recovery could not start. Choose another backup, or bring the file into the archive",
                    failure);
        }
        if (failure instanceof RestoreException.StoreFailed failed) {
            return new StoreFailed(
                    "cannot fetch " + role + ", " + name + ": " + failure.getMessage(), failed.failure());
        }
        if (failure instanceof RestoreException.DestinationUnusable) {
            return new DestinationUnusable(String.valueOf(failure.getMessage()), failure);
        }
        return new FirstWalMissing(
                role + ", " + name + ", is in the archive, but of no use: " + failure.getMessage(), failure);
    }

    private static void check(WalSegmentName name, BackupInfo info, Path file) throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            WalPageHeader header = WalPageHeader.parse(ByteBuffer.wrap(in.readNBytes(WalPageHeader.LENGTH)));
            header.requireFirstPageOf(name, new SegmentSize(info.segmentSizeBytes()));
            if (info.systemIdentifier().isPresent()) {
                header.requireSystemIdentifier(
                        Long.parseUnsignedLong(info.systemIdentifier().get()));
            }
        } catch (WalFormatException.Mismatch other) {
            throw new WrongServer("the log in the archive is not that of the backup: " + other.getMessage());
        } catch (WalFormatException | IllegalArgumentException damaged) {
            throw new FirstWalMissing(
                    "the log in which the backup begins, " + name + ", is in the archive, but of no use: "
                            + damaged.getMessage(),
                    damaged);
        }
    }

    private Mono<Void> history(RestoreOrder order, Path scratch) {
        if (order.target().timeline() instanceof TargetTimeline.Numbered numbered
                && numbered.timeline().id() != 1) {
            return fetch(
                    new WalFileName.TimelineHistoryFile(numbered.timeline()),
                    "the history of the timeline that recovery shall follow",
                    scratch);
        }
        Optional<Timeline> own = order.backup().info().timeline();
        if (own.isEmpty() || own.get().id() == 1) {
            return Mono.empty();
        }
        WalFileName file = new WalFileName.TimelineHistoryFile(own.get());
        return exists(file)
                .doOnNext(there -> {
                    if (!there) {
                        observer.warning(file + " is not in the archive " + layout.walPrefix()
                                + "; the recovered server will not know where its timeline came from");
                    }
                })
                .then();
    }

    private Mono<Void> last(BackupInfo info) {
        Optional<WalSegmentName> end = info.end().segment();
        // An end exactly on a boundary names the segment behind it, which may never be filled.
        if (end.isEmpty() || info.end().offset().orElse(0) == 0) {
            return Mono.empty();
        }
        WalFileName name = new WalFileName.Segment(end.get());
        return exists(name)
                .doOnNext(there -> {
                    if (!there) {
                        observer.warning("the log in which the backup ends, " + name + ", is not in the archive "
                                + layout.walPrefix() + " yet; recovery will fail if it does not arrive");
                    }
                })
                .then();
    }

    private Mono<Boolean> exists(WalFileName name) {
        return store.list(layout.walKeyStem(name))
                .filter(object -> layout.walFileOf(object.key()).isPresent())
                .hasElements()
                .onErrorMap(
                        StoreException.class,
                        failure -> new StoreFailed("cannot look for " + name + ": " + failure.getMessage(), failure));
    }
}
