package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.recovery.BackupRestoreObserver;
import io.walarchiver.backup.recovery.RestoreProgress;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs how the restore of a base backup goes: its beginning, each tenth of the way, each object, every trouble. */
final class RestoreLog implements BackupRestoreObserver {

    private static final Logger LOG = LoggerFactory.getLogger("io.walarchiver.backup");
    private static final int STEPS = 10;

    private final AtomicInteger logged = new AtomicInteger();

    @Override
    public void started(BackupId backup, boolean resumed, RestoreProgress progress) {
        logged.set((int) (progress.fraction() * STEPS));
        LOG.atInfo()
                .addKeyValue("backup", backup.value())
                .addKeyValue("bytes", progress.totalBytes())
                .addKeyValue("done_bytes", progress.downloadedBytes())
                .log(resumed ? "restoring, going on" : "restoring");
    }

    @Override
    public void progressed(RestoreProgress progress) {
        int step = (int) (progress.fraction() * STEPS);
        int before = logged.get();
        if (step > before && logged.compareAndSet(before, step)) {
            LOG.info(
                    "{}",
                    new Progress(
                                    "restoring",
                                    progress.downloadedBytes(),
                                    progress.resumedBytes(),
                                    progress.totalBytes(),
                                    progress.elapsed())
                            .line());
        }
    }

    @Override
    public void extracted(BackupFile file) {
        LOG.atInfo()
                .addKeyValue("key", file.key().toString())
                .addKeyValue("bytes", file.size())
                .log("unpacked");
    }

    @Override
    public void retrying(ObjectKey object, StoreException failure, Duration delay) {
        LOG.atWarn()
                .addKeyValue("key", object.toString())
                .addKeyValue("kind", failure.kind())
                .addKeyValue("reason", String.valueOf(failure.getMessage()))
                .log("download is tried again");
    }

    @Override
    public void warning(String text) {
        LOG.warn("{}", text);
    }
}
