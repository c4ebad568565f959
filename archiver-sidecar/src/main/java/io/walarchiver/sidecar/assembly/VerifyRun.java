package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.verify.Finding;
import io.walarchiver.backup.verify.Verification;
import io.walarchiver.backup.verify.VerificationObserver;
import io.walarchiver.backup.verify.VerificationReport;
import io.walarchiver.backup.verify.VerificationScope;
import io.walarchiver.backup.verify.VerificationSettings;
import io.walarchiver.backup.verify.WalInventory;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.store.Bandwidth;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.wal.SegmentSize;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** One reading back of an archive, one process. Blocks until it is done, or a signal ends it. */
public final class VerifyRun {

    private static final Logger LOG = LoggerFactory.getLogger(VerifyRun.class);

    private VerifyRun() {}

    /**
     * What to read.
     *
     * @param backup    one backup, by id, name or a word such as {@code latest}, and the WAL it needs; empty for all
     * @param scope     which part of everything, when no backup is named
     * @param jobs      how many objects at once
     * @param bandwidth the most to read in a second
     * @param memory    the budget
     */
    public record Order(
            Optional<String> backup, VerificationScope scope, int jobs, OptionalLong bandwidth, ByteSize memory) {}

    /**
     * Reads.
     *
     * @param progress is told how far it is; the total is what is in the archive, of which a sample reads a part
     * @throws InterruptedRunException when a signal ended it
     */
    public static VerificationReport run(
            StoreConfiguration configuration, String serverName, Order order, Consumer<Progress> progress) {
        Archive archive = Archive.of(configuration, serverName);
        try (Workers workers = Workers.start(order.jobs);
                LongWorkers threads = LongWorkers.start();
                ObjectStore store = Stores.open(configuration, workers, StoreObserver.NONE)) {
            Budget budget = Budget.of(order.memory, SegmentSize.DEFAULT, archive.codec());
            DirectMemory.require(budget.bytes());
            VerificationSettings settings = VerificationSettings.of(archive.layout())
                    .withConcurrency(order.jobs)
                    .withBandwidth(bandwidth(order.bandwidth, workers));
            return Foreground.run(scope(order, archive, store)
                    .flatMap(scope -> new Verification(
                                    settings.withScope(scope),
                                    store,
                                    archive.catalog(store),
                                    budget.pool(),
                                    threads.readers(),
                                    workers.timer(),
                                    Clock.systemUTC(),
                                    new Watch(progress))
                            .run()));
        }
    }

    static Bandwidth bandwidth(OptionalLong bytesPerSecond, Workers workers) {
        return bytesPerSecond.isPresent()
                ? new Bandwidth(bytesPerSecond.getAsLong(), workers.timer())
                : Bandwidth.UNLIMITED;
    }

    private static Mono<VerificationScope> scope(Order order, Archive archive, ObjectStore store) {
        return order.backup
                .map(name -> archive.catalog(store)
                        .find(name)
                        .map(CatalogEntry::id)
                        .<VerificationScope>map(VerificationScope.OneBackup::new)
                        .switchIfEmpty(Mono.error(() -> new CatalogException.NoSuchBackup("there is no backup " + name
                                + " below " + archive.layout().basePrefix() + " of " + store.location()))))
                .orElseGet(() -> Mono.just(order.scope));
    }

    /** Counts what was read, and logs what was found. */
    private static final class Watch implements VerificationObserver {

        private final Consumer<Progress> progress;
        private final long begun = System.nanoTime();
        private final AtomicLong read = new AtomicLong();

        Watch(Consumer<Progress> progress) {
            this.progress = progress;
        }

        @Override
        public void begun(WalInventory inventory, int backups) {
            LOG.atInfo()
                    .addKeyValue("backups", backups)
                    .addKeyValue("wal_objects", inventory.objects())
                    .addKeyValue("wal_bytes", inventory.bytes())
                    .log("reading back");
        }

        @Override
        public void sound(ObjectKey key, long storedBytes, long contentBytes) {
            progress.accept(new Progress(
                    "reading back", read.addAndGet(storedBytes), 0, 0, Duration.ofNanos(System.nanoTime() - begun)));
        }

        @Override
        public void found(Finding finding) {
            LOG.atDebug()
                    .addKeyValue("subject", finding.subject())
                    .addKeyValue("kind", finding.kind().label())
                    .log("{}", finding.problem());
        }

        @Override
        public void unchecked(ObjectKey key, String reason) {
            LOG.atWarn()
                    .addKeyValue("key", key.toString())
                    .addKeyValue("reason", reason)
                    .log("not checked");
        }
    }
}
