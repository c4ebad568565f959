package io.walarchiver.sidecar.status;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One INFO line for each WAL file, one WARN line for each failure that a person may want to know of. */
public final class WalLog {

    private static final Logger LOG = LoggerFactory.getLogger("io.walarchiver.wal");

    private WalLog() {}

    /** Logs archived files and failures. */
    public static ArchiveObserver archive() {
        return new ArchiveObserver() {
            @Override
            public void archived(ArchivedFile file) {
                ArchivedFile.Stages stages = file.stages();
                LOG.atInfo()
                        .addKeyValue("wal", file.name().toString())
                        .addKeyValue("key", file.key().toString())
                        .addKeyValue("outcome", file.outcome().name().toLowerCase(Locale.ROOT))
                        .addKeyValue("asked", file.asked())
                        .addKeyValue("bytes", file.originalBytes())
                        .addKeyValue("stored_bytes", file.storedBytes())
                        .addKeyValue("read_ms", millis(stages.read()))
                        .addKeyValue("compress_ms", millis(stages.compress()))
                        .addKeyValue("put_ms", millis(stages.put()))
                        .addKeyValue("total_ms", millis(stages.total()))
                        .log("archived");
            }

            @Override
            public void failed(WalFileName name, boolean asked, ArchiveException failure) {
                LOG.atWarn()
                        .addKeyValue("wal", name.toString())
                        .addKeyValue("kind", failure.kind())
                        .addKeyValue("asked", asked)
                        .addKeyValue("reason", String.valueOf(failure.getMessage()))
                        .log("not archived");
            }

            @Override
            public void answered(WalFileName name, boolean fromJournal, Duration latency) {
                LOG.atDebug()
                        .addKeyValue("wal", name.toString())
                        .addKeyValue("from_journal", fromJournal)
                        .addKeyValue("latency_ms", millis(latency))
                        .log("answered");
            }
        };
    }

    /** Logs restored files and failures. A file that is not in the archive is an answer and only worth a DEBUG line. */
    public static RestoreObserver restore() {
        return new RestoreObserver() {
            @Override
            public void restored(RestoredFile file) {
                RestoredFile.Stages stages = file.stages();
                LOG.atInfo()
                        .addKeyValue("wal", file.name().toString())
                        .addKeyValue("source", file.source().name().toLowerCase(Locale.ROOT))
                        .addKeyValue("bytes", file.originalBytes())
                        .addKeyValue("stored_bytes", file.storedBytes())
                        .addKeyValue("get_ms", millis(stages.get()))
                        .addKeyValue("decompress_ms", millis(stages.decompress()))
                        .addKeyValue("deliver_ms", millis(stages.deliver()))
                        .addKeyValue("total_ms", millis(stages.total()))
                        .log("restored");
            }

            @Override
            public void notFound(WalFileName name, int consecutiveMisses) {
                LOG.atDebug()
                        .addKeyValue("wal", name.toString())
                        .addKeyValue("consecutive_misses", consecutiveMisses)
                        .log("not in the archive");
            }

            @Override
            public void failed(WalFileName name, RestoreException failure) {
                warn("not restored", name, failure.kind(), failure);
            }

            @Override
            public void retrying(WalFileName name, StoreException failure, Duration delay) {
                warn("restore is tried again", name, failure.kind(), failure);
            }

            @Override
            public void fetchingAgain(WalFileName name, RestoreException.Corrupt damage) {
                warn("damaged on arrival, fetched once more", name, damage.kind(), damage);
            }

            @Override
            public void prefetchFailed(WalFileName name, RestoreException failure) {
                LOG.atDebug()
                        .addKeyValue("wal", name.toString())
                        .addKeyValue("kind", failure.kind())
                        .addKeyValue("reason", String.valueOf(failure.getMessage()))
                        .log("not prefetched");
            }

            @Override
            public void spoolUnusable(RestoreException failure) {
                LOG.atWarn()
                        .addKeyValue("reason", String.valueOf(failure.getMessage()))
                        .log("prefetch is off, its spool cannot be used");
            }
        };
    }

    private static void warn(String message, WalFileName name, String kind, Throwable failure) {
        LOG.atWarn()
                .addKeyValue("wal", name.toString())
                .addKeyValue("kind", kind)
                .addKeyValue("reason", String.valueOf(failure.getMessage()))
                .log(message);
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 10_000 / 100.0;
    }
}
