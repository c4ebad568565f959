package io.walarchiver.sidecar.assembly;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.sidecar.Version;
import io.walarchiver.sidecar.grpc.GrpcServer;
import io.walarchiver.sidecar.grpc.GrpcServices;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.health.Liveness;
import io.walarchiver.sidecar.health.Readiness;
import io.walarchiver.sidecar.metrics.Metrics;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.RecoveryRequests;
import io.walarchiver.sidecar.request.StoreLookup;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import io.walarchiver.sidecar.settings.SpoolDirectory;
import io.walarchiver.sidecar.settings.StoreFile;
import io.walarchiver.sidecar.status.Observers;
import io.walarchiver.sidecar.status.WalLog;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code restore-job}: what a recovery job asks for, until the job ends. */
public final class RestoreJob implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RestoreJob.class);
    private static final Duration LIVENESS_PATIENCE = Duration.ofSeconds(5);

    /** One file of WAL is asked for at a time; a few more are fetched ahead. */
    private static final int PARALLELISM = 4;

    private final Parts parts = new Parts();
    private volatile boolean open;

    private RestoreJob() {}

    /**
     * Serves until SIGTERM or SIGINT. Blocks.
     *
     * @throws IOException when the socket or the spool cannot be had
     */
    public static void runUntilSignalled(RestoreJobSettings settings, StoreFile stores)
            throws IOException, InterruptedException {
        Signals signals = Signals.listen();
        try (RestoreJob job = start(settings, stores)) {
            signals.await();
        }
        LOG.info("ended");
    }

    /** Starts everything over the stores of a file. */
    static RestoreJob start(RestoreJobSettings settings, StoreFile stores) throws IOException {
        return start(settings, new FileStoreLookup(stores));
    }

    /**
     * Starts everything; returns when the socket is open.
     *
     * @param lookup finds the stores that requests name
     * @throws IOException when the socket or the spool cannot be had
     */
    public static RestoreJob start(RestoreJobSettings settings, StoreLookup lookup) throws IOException {
        RestoreJob job = new RestoreJob();
        try {
            job.begin(settings, lookup);
            return job;
        } catch (IOException | RuntimeException | Error e) {
            job.close();
            throw e;
        }
    }

    private void begin(RestoreJobSettings settings, StoreLookup lookup) throws IOException {
        SpoolDirectory.create(settings.spool());
        EventLoop loop = parts.add(new EventLoop());
        Workers workers = parts.add(Workers.start(PARALLELISM));
        Metrics metrics = parts.add(new Metrics(Clock.systemUTC(), Version.text()));
        // Which codec the archive has is not known yet; any of them fits, or streams.
        Budget budget =
                Budget.of(settings.memory(), SegmentSize.DEFAULT, Codec.of(Compression.SNAPPY, OptionalInt.empty()));
        DirectMemory.require(budget.bytes());
        BufferPool pool = budget.pool();
        metrics.watchBuffers(pool);
        OpenArchives archives = parts.add(new OpenArchives(
                lookup, configuration -> Stores.open(configuration, workers, metrics.storeObserver())));
        JobRecovery recovery = parts.add(new JobRecovery(
                new JobRecovery.Places(
                        settings.pgdata(), settings.spool(), settings.tablespaces(), settings.walVolume()),
                archives,
                pool,
                workers,
                new RestoreLog(),
                Observers.restore(metrics.restoreObserver(), WalLog.restore())));
        CallGate gate = new CallGate();
        RecoveryRequests requests = new RecoveryRequests(
                settings.pluginName().value(),
                settings.jobName(),
                new WalPaths(settings.pgdata()),
                recovery,
                gate,
                workers.fileIo());
        Map<String, Executor> executors = new LinkedHashMap<>(workers.executors());
        executors.put("event-loop", loop.group());
        Health liveness = new Liveness(executors, LIVENESS_PATIENCE);
        Health readiness = new Readiness(List.of(
                Readiness.socket(settings.socket().path(), () -> open),
                Readiness.writable("spool", settings.spool(), workers.fileIo())));
        parts.add(GrpcServer.start(
                settings.socket().path(),
                Files.getOwner(existing(settings.pgdata())),
                loop,
                GrpcServices.restoreJob(
                        new GrpcServices.Process(settings.pluginName(), Version.text(), liveness, readiness),
                        requests)));
        open = true;
        LOG.atInfo()
                .addKeyValue("version", Version.text())
                .addKeyValue("pgdata", settings.pgdata().toString())
                .addKeyValue("socket", settings.socket().toString())
                .addKeyValue("buffers", pool.capacity())
                .addKeyValue("buffer_bytes", pool.bufferBytes())
                .log("serving a recovery");
    }

    /** The directory itself, or the nearest one above it that is there. */
    private static Path existing(Path directory) {
        Path found = directory;
        while (!Files.exists(found)) {
            found = Optional.ofNullable(found.getParent()).orElseThrow();
        }
        return found;
    }

    @Override
    public void close() {
        open = false;
        parts.close();
    }
}
