package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ArchiveReports;
import io.walarchiver.bridge.kubernetes.CurrentPrimary;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.RecoveryWindowStatus;
import io.walarchiver.bridge.kubernetes.StoreWatch;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.sidecar.Version;
import io.walarchiver.sidecar.assembly.OpenArchives.OpenArchive;
import io.walarchiver.sidecar.grpc.GrpcServer;
import io.walarchiver.sidecar.grpc.GrpcServices;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.health.Readiness;
import io.walarchiver.sidecar.http.HttpServers;
import io.walarchiver.sidecar.http.ManagementRoutes;
import io.walarchiver.sidecar.maintenance.Maintenance;
import io.walarchiver.sidecar.metrics.Metrics;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.ClusterWalRequests;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.settings.InstanceSettings;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.SpoolDirectory;
import io.walarchiver.sidecar.status.Activity;
import io.walarchiver.sidecar.status.Observers;
import io.walarchiver.sidecar.status.StatusSource;
import io.walarchiver.sidecar.status.WalLog;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** {@code instance}: beside one instance of a Cluster on Kubernetes. */
public final class Instance implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Instance.class);

    /** A call does not wait longer for a store that was never seen; who asks comes again. */
    static final Duration STORE_PATIENCE = Duration.ofSeconds(12);

    /** Files that may wait for a disk at a time, however many a store says travel at once. */
    private static final int PARALLELISM = 8;

    private final InstanceSettings settings;
    private final CallGate gate = new CallGate();
    private final Parts parts = new Parts();
    private OptionalInt httpPort = OptionalInt.empty();
    private volatile boolean open;
    private @Nullable BackupWork backupWork;

    /**
     * How often what happens by itself happens.
     *
     * @param maintenance the care of the archive
     * @param reports     pause between two looks at what there is to report
     */
    record Pace(Maintenance.Timing maintenance, Duration reports) {

        static final Pace USUAL = new Pace(
                new Maintenance.Timing(
                        Duration.ofSeconds(10),
                        ServeSettings.DEFAULT_MAINTENANCE,
                        Duration.ofMinutes(5),
                        Duration.ofHours(1),
                        Optional.empty()),
                Duration.ofMinutes(1));
    }

    private Instance(InstanceSettings settings) {
        this.settings = settings;
    }

    /**
     * Serves until SIGTERM or SIGINT, then drains and ends. Blocks.
     *
     * @throws IOException when a socket, a port or the spool cannot be had
     */
    public static void runUntilSignalled(InstanceSettings settings) throws IOException, InterruptedException {
        Signals signals = Signals.listen();
        try (Instance instance = start(
                settings,
                scheduler -> ApiConnection.fromSurroundings(ApiConnection.Settings.DEFAULT, scheduler),
                Pace.USUAL)) {
            signals.await();
            instance.drain();
        }
        LOG.info("ended");
    }

    /**
     * Starts everything; returns when all sockets are open, whether or not the API or any store answers.
     *
     * @param connecting makes the connection to the API, whose signals come on the given scheduler
     * @throws IOException when a socket, a port or the spool cannot be had
     */
    static <A extends KubernetesApi & AutoCloseable> Instance start(
            InstanceSettings settings, Function<Scheduler, A> connecting, Pace pace) throws IOException {
        Instance instance = new Instance(settings);
        try {
            instance.begin(connecting, pace);
            return instance;
        } catch (IOException | RuntimeException | Error e) {
            instance.close();
            throw e;
        }
    }

    private <A extends KubernetesApi & AutoCloseable> void begin(Function<Scheduler, A> connecting, Pace pace)
            throws IOException {
        Clock clock = Clock.systemUTC();
        SpoolDirectory.create(settings.spool());
        UserPrincipal owner = Files.getOwner(existing(settings.pgdata()));
        DataDirectory source = new DataDirectory(settings.pgdata());
        EventLoop loop = parts.add(new EventLoop());
        Workers workers = parts.add(Workers.start(PARALLELISM));
        Scheduler kubernetes = Schedulers.newSingle("kubernetes", true);
        parts.add(kubernetes::dispose);
        A api = parts.add(connecting.apply(kubernetes));
        Metrics metrics = parts.add(new Metrics(clock, Version.text()));
        BufferPool pool = pool(source);
        metrics.watchBuffers(pool);
        metrics.watchCalls(gate);
        StoreReaches reaches = new StoreReaches(clock);
        ClusterNews news = parts.add(ClusterNews.start(api, settings.pod(), clock));
        WatchedStores stores = parts.add(new WatchedStores(
                new StoreWatch(api, settings.pod().namespace(), workers.timer()),
                workers.timer(),
                STORE_PATIENCE,
                state -> {}));
        OpenArchives archives = parts.add(new OpenArchives(
                stores,
                configuration -> Stores.open(
                        configuration,
                        workers,
                        Observers.store(reaches.of(configuration.name()), metrics.storeObserver())),
                workers.fileIo()));
        Activity activity = new Activity(clock);
        WalArchives wal = parts.add(new WalArchives(
                archives,
                source,
                settings.spool(),
                pool,
                workers,
                Observers.archive(metrics.archiveObserver(), activity.archiveObserver(), WalLog.archive()),
                Observers.restore(metrics.restoreObserver(), activity.restoreObserver(), WalLog.restore()),
                destination -> FileOwner.handOver(destination, owner, workers.fileIo())));
        metrics.watchArchive(wal::archiveStatus);
        metrics.watchRestore(wal::restoreStatus);
        Background trimming = parts.add(Background.trimming(pool, workers.timer()));
        InstanceBackups backups = InstanceBackups.of(
                settings, api, archives, stores, pool, workers, metrics, news, pace.maintenance, clock, parts);
        backupWork = parts.add(backups.work());
        Background maintaining =
                parts.add(new Background("maintenance", backups.maintenance().run()));

        Background reporting = parts.add(new Background(
                "reports",
                new InstanceReports(
                                new ArchiveReports(api, settings.pod().namespace(), clock, workers.timer()),
                                new CurrentPrimary(
                                        api,
                                        settings.pod().group(),
                                        settings.pod().namespace(),
                                        settings.pod().cluster(),
                                        settings.pod().name()),
                                wal,
                                stores,
                                reaches,
                                backups.maintenance()::status)
                        .run(pace.reports, workers.timer())));

        Health liveness = Health.all(List.of(
                workers.liveness(loop),
                new Readiness(List.of(trimming.finding(), maintaining.finding(), reporting.finding()))));
        Health readiness = readiness(wal, reaches, workers);
        StatusSource status = new StatusSource(
                () -> identity(wal.written()),
                readiness,
                wal::archiveStatus,
                wal::restoreStatus,
                backups.activity(),
                backups.maintenance()::status,
                activity,
                gate,
                clock);
        ManagementRoutes management = new ManagementRoutes(metrics::scrape, liveness, readiness, status.report());
        ClusterWalRequests requests = new ClusterWalRequests(
                settings.pod().pluginName().value(),
                settings.pod().name(),
                new WalPaths(settings.pgdata()),
                wal,
                news,
                gate,
                workers.fileIo());
        if (settings.http().isPresent()) {
            HttpServers tcp = parts.add(HttpServers.onTcp(settings.http().get(), loop, List.of(management)));
            httpPort = OptionalInt.of(tcp.port());
        }
        // Last, because the operator's side begins to ask as soon as the socket is there.
        parts.add(GrpcServer.start(
                settings.socket().path(),
                owner,
                loop,
                GrpcServices.instance(
                        new GrpcServices.Process(settings.pod().pluginName(), Version.text(), liveness, readiness),
                        requests,
                        backups.requests(),
                        new StatusWindows(
                                settings.pod(),
                                new RecoveryWindowStatus(api, settings.pod().namespace(), workers.timer()),
                                clock,
                                workers.timer()))));
        open = true;
        LOG.atInfo()
                .addKeyValue("version", Version.text())
                .addKeyValue(
                        "cluster",
                        settings.pod().namespace() + "/" + settings.pod().cluster())
                .addKeyValue("instance", settings.pod().name())
                .addKeyValue("pgdata", settings.pgdata().toString())
                .addKeyValue("socket", settings.socket().toString())
                .addKeyValue("buffers", pool.capacity())
                .addKeyValue("buffer_bytes", pool.bufferBytes())
                .log("serving an instance");
    }

    /** Which codec a store names is not known yet; any of them fits. */
    private BufferPool pool(DataDirectory source) {
        Budget budget = Budget.of(
                settings.memory(),
                Pipelines.segmentSize(source).orElse(SegmentSize.DEFAULT),
                Codec.of(Compression.SNAPPY, OptionalInt.empty()));
        DirectMemory.require(budget.bytes());
        return budget.pool();
    }

    private StatusSource.Identity identity(Optional<OpenArchive> written) {
        return new StatusSource.Identity(
                Version.text(),
                written.map(archive -> archive.reference().serverName())
                        .orElse(settings.pod().cluster()),
                written.map(archive -> archive.store().location() + " "
                                + archive.archive().layout().serverPrefix())
                        .orElse("nothing was archived yet"),
                settings.pgdata().toString());
    }

    private Health readiness(WalArchives wal, StoreReaches reaches, Workers workers) {
        return new Readiness(List.of(
                Readiness.socket(settings.socket().path(), () -> open),
                Mono.defer(() -> wal.written()
                        .map(archive -> reaches.of(archive.configuration().name())
                                .finding(
                                        archive.store(),
                                        archive.archive().layout().walPrefix()))
                        .orElseGet(() -> Mono.just(Health.Finding.good("store", "nothing was archived yet")))),
                Readiness.writable("spool", settings.spool(), workers.fileIo()),
                Readiness.journal(wal::isJournalWritable, settings.spool())));
    }

    /** The directory itself, or the nearest one above it that is there. */
    static Path existing(Path directory) {
        Path found = directory;
        while (!Files.exists(found)) {
            found = Optional.ofNullable(found.getParent()).orElseThrow();
        }
        return found;
    }

    /** The port of the management server. */
    OptionalInt httpPort() {
        return httpPort;
    }

    /** Answers calls as long as PostgreSQL asks and the grace lasts. Blocks. */
    void drain() {
        new Drain(gate, settings.pgdata(), Drain.QUIET_IN_A_POD)
                .await(settings.drainGrace(), Optional.ofNullable(backupWork));
    }

    /** Ends everything, calls that still run included. */
    @Override
    public void close() {
        open = false;
        gate.giveUp();
        parts.close();
    }
}
