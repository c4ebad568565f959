package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.restore.RestoreMode;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import java.time.Duration;

/** One WAL file, one process: for the commands that scripts call. Blocks until the file is done. */
public final class OneFile {

    private static final ByteSize MEMORY = ByteSize.parse(ServeSettings.DEFAULT_MEMORY);

    /** A script has its own idea of retrying. */
    private static final Duration RETRY_WINDOW = Duration.ofSeconds(30);

    private OneFile() {}

    /** Archives a file of {@code pgdata}'s {@code pg_wal}. */
    public static ArchivedFile archive(
            StoreConfiguration configuration,
            String serverName,
            Path pgdata,
            WalFileName name,
            boolean checkOwnership) {
        Archive archive = Archive.of(configuration, serverName);
        try (ScratchDirectory scratch = ScratchDirectory.create();
                Workers workers = Workers.start(1);
                ObjectStore store = Stores.open(configuration, workers, StoreObserver.NONE);
                Pipelines pipelines = Pipelines.of(
                        archive,
                        store,
                        new DataDirectory(pgdata),
                        scratch.path(),
                        MEMORY,
                        workers,
                        ArchiveObserver.NONE,
                        RestoreObserver.NONE)) {
            return pipelines
                    .archive()
                    .archiveAlone(name, checkOwnership)
                    .blockOptional()
                    .orElseThrow();
        }
    }

    /** Restores a file to an absolute path. */
    public static RestoredFile restore(
            StoreConfiguration configuration, String serverName, WalFileName name, Path destination) {
        Archive archive = Archive.of(configuration, serverName);
        try (ScratchDirectory scratch = ScratchDirectory.create();
                Workers workers = Workers.start(1);
                ObjectStore store = Stores.open(configuration, workers, StoreObserver.NONE)) {
            RestorePipeline pipeline = new RestorePipeline(
                    RestoreSettings.of(archive.layout(), scratch.path())
                            .withFirstGuess(archive.codec().compression())
                            .withRetryWindow(() -> RETRY_WINDOW),
                    store,
                    Budget.of(MEMORY, SegmentSize.DEFAULT, archive.codec()).pool(),
                    workers.compute(),
                    workers.fileIo(),
                    workers.timer(),
                    RestoreObserver.NONE);
            return pipeline.restore(name, destination, RestoreMode.REWIND)
                    .blockOptional()
                    .orElseThrow();
        }
    }
}
