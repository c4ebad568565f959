package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.cluster.JobRole;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.StoreWatch;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.sidecar.Version;
import io.walarchiver.sidecar.grpc.GrpcServer;
import io.walarchiver.sidecar.grpc.GrpcServices;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.health.Readiness;
import io.walarchiver.sidecar.http.HttpServers;
import io.walarchiver.sidecar.http.ProbeRoutes;
import io.walarchiver.sidecar.metrics.Metrics;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.Incidents;
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
import java.time.Clock;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** {@code restore-job}: what a recovery job asks for, until the job ends. */
public final class RestoreJob implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RestoreJob.class);

    /** One file of WAL is asked for at a time; a few more are fetched ahead. */
    private static final int PARALLELISM = 4;

    private final Parts parts = new Parts();
    private OptionalInt httpPort = OptionalInt.empty();
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

    /**
     * Serves until SIGTERM or SIGINT, over the stores of the Kubernetes API. Blocks.
     *
     * @throws IOException when the socket, the port or the spool cannot be had
     */
    public static void runUntilSignalled(RestoreJobSettings.OnKubernetes settings)
            throws IOException, InterruptedException {
        Signals signals = Signals.listen();
        try (RestoreJob job = start(
                settings, scheduler -> ApiConnection.fromSurroundings(ApiConnection.Settings.DEFAULT, scheduler))) {
            signals.await();
        }
        LOG.info("ended");
    }

    /**
     * Starts everything over the stores of the Kubernetes API, whether or not it answers.
     *
     * @param connecting makes the connection to the API, whose signals come on the given scheduler
     * @throws IOException when the socket, the port or the spool cannot be had
     */
    static <A extends KubernetesApi & AutoCloseable> RestoreJob start(
            RestoreJobSettings.OnKubernetes settings, Function<Scheduler, A> connecting) throws IOException {
        return started(settings.job(), (workers, parts) -> {
            Scheduler kubernetes = Schedulers.newSingle("kubernetes", true);
            parts.add(kubernetes::dispose);
            A api = parts.add(connecting.apply(kubernetes));
            WatchedStores stores = parts.add(new WatchedStores(
                    new StoreWatch(api, settings.pod().namespace(), workers.timer()),
                    workers.timer(),
                    Instance.STORE_PATIENCE,
                    state -> {}));
            return new Around(stores, parts.add(ClusterNews.start(api, settings.pod(), Clock.systemUTC())), true);
        });
    }

    /** Starts everything over the stores of a file. */
    static RestoreJob start(RestoreJobSettings settings, StoreFile stores) throws IOException {
        return started(settings, (workers, parts) -> new Around(new FileStoreLookup(stores), Incidents.IGNORED, false));
    }

    /**
     * What the job asks of the world around it.
     *
     * @param stores    finds the stores that requests name
     * @param incidents is told what a person has to look after
     * @param passing   whether a store that cannot be found may be found later
     */
    private record Around(StoreLookup stores, Incidents incidents, boolean passing) {}

    private static RestoreJob started(RestoreJobSettings settings, BiFunction<Workers, Parts, Around> around)
            throws IOException {
        RestoreJob job = new RestoreJob();
        try {
            job.begin(settings, around);
            return job;
        } catch (IOException | RuntimeException | Error e) {
            job.close();
            throw e;
        }
    }

    private void begin(RestoreJobSettings settings, BiFunction<Workers, Parts, Around> making) throws IOException {
        SpoolDirectory.create(settings.spool());
        EventLoop loop = parts.add(new EventLoop());
        Workers workers = parts.add(Workers.start(PARALLELISM));
        Around around = making.apply(workers, parts);
        Metrics metrics = parts.add(new Metrics(Clock.systemUTC(), Version.text()));
        // Which codec the archive has is not known yet; any of them fits, or streams.
        Budget budget =
                Budget.of(settings.memory(), SegmentSize.DEFAULT, Codec.of(Compression.SNAPPY, OptionalInt.empty()));
        DirectMemory.require(budget.bytes());
        BufferPool pool = budget.pool();
        metrics.watchBuffers(pool);
        OpenArchives archives = parts.add(new OpenArchives(
                around.stores,
                configuration -> Stores.open(configuration, workers, metrics.storeObserver()),
                workers.fileIo()));
        JobRecovery recovery = parts.add(new JobRecovery(
                new JobRecovery.Places(
                        settings.pgdata(), settings.spool(), settings.tablespaces(), settings.walVolume()),
                archives,
                around.passing,
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
                around.incidents,
                gate,
                workers.fileIo());
        Health liveness = workers.liveness(loop);
        Health readiness = new Readiness(List.of(
                Readiness.socket(settings.socket().path(), () -> open),
                Readiness.writable("spool", settings.spool(), workers.fileIo())));
        if (settings.http().isPresent()) {
            HttpServers tcp = parts.add(HttpServers.onTcp(
                    settings.http().get(), loop, List.of(new ProbeRoutes(metrics::scrape, liveness, readiness))));
            httpPort = OptionalInt.of(tcp.port());
        }
        GrpcServices.Process process =
                new GrpcServices.Process(settings.pluginName(), Version.text(), liveness, readiness);
        parts.add(GrpcServer.start(
                settings.socket().path(),
                Files.getOwner(Instance.existing(settings.pgdata())),
                loop,
                settings.role() == JobRole.SNAPSHOT_RECOVERY
                        ? GrpcServices.snapshotRecovery(process, requests)
                        : GrpcServices.restoreJob(process, requests)));
        open = true;
        LOG.atInfo()
                .addKeyValue("version", Version.text())
                .addKeyValue("pgdata", settings.pgdata().toString())
                .addKeyValue("socket", settings.socket().toString())
                .addKeyValue("buffers", pool.capacity())
                .addKeyValue("buffer_bytes", pool.bufferBytes())
                .log("serving a recovery");
    }

    /** The port of the management server. */
    OptionalInt httpPort() {
        return httpPort;
    }

    @Override
    public void close() {
        open = false;
        parts.close();
    }
}
