package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.BackupObserver;
import io.walarchiver.backup.base.BackupProgress;
import io.walarchiver.backup.base.BackupSettings;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.ChecksumPolicy;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.base.DamagedPage;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.wal.SegmentSize;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** One base backup, one process. Blocks until it is done, or a signal ends it. */
public final class OneBackup {

    private static final Logger LOG = LoggerFactory.getLogger(OneBackup.class);
    private static final Duration CLEAN_UP = Duration.ofMinutes(3);

    private OneBackup() {}

    /**
     * What to take. What is empty is as the store says.
     *
     * @param pgdata         the server's data directory
     * @param database       how to reach the server
     * @param name           the name it gets besides its id
     * @param fastCheckpoint whether to begin with a checkpoint at once
     * @param jobs           how many parts are uploaded at once
     * @param maxArchive     size at which a tar file is closed and the next one opened
     * @param minPart        smallest part of an upload
     * @param bandwidth      the most to send in a second
     * @param compression    of the tar files
     * @param checksums      what to do about damaged pages
     * @param memory         the budget
     */
    public record Order(
            Path pgdata,
            DatabaseAddress database,
            Optional<String> name,
            Optional<Boolean> fastCheckpoint,
            OptionalInt jobs,
            OptionalLong maxArchive,
            OptionalLong minPart,
            OptionalLong bandwidth,
            Optional<Compression> compression,
            ChecksumPolicy checksums,
            ByteSize memory) {}

    /**
     * Takes it.
     *
     * @param progress is told how far it is
     * @throws InterruptedRunException when a signal ended it; it is recorded as failed then
     */
    public static CompletedBackup take(
            StoreConfiguration configuration, String serverName, Order order, Consumer<Progress> progress) {
        Archive archive = Archive.of(configuration, serverName);
        BackupSettings settings = settings(configuration, archive, order);
        Codec codec = order.compression.map(Codec::of).orElseGet(() -> DataArchives.codec(configuration));
        try (Workers workers = Workers.start(settings.jobs());
                LongWorkers threads = LongWorkers.start();
                ObjectStore store = Stores.open(configuration, workers, StoreObserver.NONE)) {
            Budget budget = Budget.of(order.memory, SegmentSize.DEFAULT, codec);
            DirectMemory.require(budget.bytes());
            BaseBackup backup = new BaseBackup(
                    settings,
                    new DataDirectory(order.pgdata),
                    RunningServer.of(order.pgdata, order.database, threads.database()),
                    archive.catalog(store),
                    store,
                    codec,
                    budget.pool(),
                    WalPresence.in(store, archive.layout()),
                    observer(serverName, progress),
                    threads.fileIo(),
                    threads.compute(),
                    workers.timer());
            try {
                return Foreground.run(backup.take(order.name));
            } finally {
                // After a signal: the session, the uploads and the record.
                Boolean settled = backup.idle()
                        .thenReturn(true)
                        .timeout(CLEAN_UP, Mono.just(false))
                        .block(CLEAN_UP.plusSeconds(5));
                if (!Boolean.TRUE.equals(settled)) {
                    LOG.warn("the backup could not be cleaned up after in {} s", CLEAN_UP.toSeconds());
                }
            }
        }
    }

    private static BackupSettings settings(StoreConfiguration configuration, Archive archive, Order order) {
        BackupSettings settings = DataArchives.settings(configuration, archive).withChecksums(order.checksums);
        if (order.fastCheckpoint.isPresent()) {
            settings = settings.withFastCheckpoint(order.fastCheckpoint.get());
        }
        if (order.jobs.isPresent()) {
            settings = settings.withJobs(order.jobs.getAsInt());
        }
        if (order.maxArchive.isPresent()) {
            settings = settings.withMaxArchiveBytes(order.maxArchive.getAsLong());
        }
        if (order.minPart.isPresent()) {
            settings = settings.withMinPartBytes(DataArchives.partBytes(order.minPart.getAsLong()));
        }
        return order.bandwidth.isPresent() ? settings.withBytesPerSecond(order.bandwidth) : settings;
    }

    private static BackupObserver observer(String serverName, Consumer<Progress> progress) {
        BackupReporter log =
                new BackupReporter(serverName, new BackupActivity(), (last, kind) -> {}, Clock.systemUTC());
        return new BackupObserver() {
            @Override
            public void phaseBegan(BackupProgress now) {
                log.phaseBegan(now);
                progress.accept(BackupReporter.of(now));
            }

            @Override
            public void progressed(BackupProgress now) {
                log.progressed(now);
                progress.accept(BackupReporter.of(now));
            }

            @Override
            public void pageIsDamaged(DamagedPage page) {
                log.pageIsDamaged(page);
            }

            @Override
            public void waitingForWal(String what, Duration waited) {
                log.waitingForWal(what, waited);
            }

            @Override
            public void completedWithout(String what, Throwable failure) {
                log.completedWithout(what, failure);
            }

            @Override
            public void completed(CompletedBackup done) {
                log.completed(done);
            }

            @Override
            public void failed(BackupProgress now, Throwable failure) {
                // The command itself says so.
                LOG.debug("the backup failed", failure);
            }
        };
    }
}
