package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.recovery.BackupRestore;
import io.walarchiver.backup.recovery.BackupRestoreObserver;
import io.walarchiver.backup.recovery.BackupRestoreSettings;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.RestoredBackup;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One base backup brought back, one process. Blocks until it is done, or a signal ends it. */
public final class RecoverRun {

    private static final Logger LOG = LoggerFactory.getLogger(RecoverRun.class);

    private RecoverRun() {}

    /**
     * What to bring back, and where to.
     *
     * @param target      how far recovery will go
     * @param destination where the files go
     * @param jobs        how many archives are unpacked at once
     * @param memory      the budget
     * @param resume      whether to go on with the backup an earlier run has begun with, though the target might choose
     *                    another one now
     */
    public record Order(
            RecoveryTarget target, RestoreDestination destination, int jobs, ByteSize memory, boolean resume) {}

    /**
     * Brings it back.
     *
     * @param progress is told how far it is
     * @throws InterruptedRunException when a signal ended it; running it again goes on from there
     */
    public static RestoredBackup run(
            StoreConfiguration configuration, String serverName, Order order, BackupRestoreObserver progress) {
        Archive archive = Archive.of(configuration, serverName);
        try (ScratchDirectory scratch = ScratchDirectory.create();
                Workers workers = Workers.start(order.jobs);
                ObjectStore store = Stores.open(configuration, workers, StoreObserver.NONE)) {
            BackupRecovery recovery = new BackupRecovery(archive, store);
            Budget budget = Budget.of(order.memory, SegmentSize.DEFAULT, archive.codec());
            DirectMemory.require(budget.bytes());
            BufferPool pool = budget.pool();
            RestorePipeline wals = new RestorePipeline(
                    RestoreSettings.of(archive.layout(), scratch.path())
                            .withFirstGuess(archive.codec().compression()),
                    store,
                    pool,
                    workers.compute(),
                    workers.fileIo(),
                    workers.timer(),
                    RestoreObserver.NONE);
            return Foreground.run(recovery.choose(target(order))
                    .flatMap(chosen -> recovery.restore(
                            chosen,
                            order.destination,
                            BackupRestoreSettings.DEFAULT.withJobs(order.jobs),
                            pool,
                            wals,
                            workers,
                            progress)));
        }
    }

    private static RecoveryTarget target(Order order) {
        if (!order.resume) {
            return order.target;
        }
        try {
            Optional<BackupId> begun = BackupRestore.unfinishedIn(order.destination.dataDirectory());
            begun.ifPresent(id -> LOG.info("going on with backup {}", id));
            return begun.map(order.target::with).orElse(order.target);
        } catch (IOException e) {
            Path directory = order.destination.dataDirectory();
            throw new UncheckedIOException("cannot read what an earlier run left in " + directory, e);
        }
    }
}
