package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.restore.RestoreMode;
import io.walarchiver.sidecar.Version;
import io.walarchiver.sidecar.grpc.GrpcServer;
import io.walarchiver.sidecar.grpc.GrpcServices;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.health.Readiness;
import io.walarchiver.sidecar.health.StoreReach;
import io.walarchiver.sidecar.http.HttpServers;
import io.walarchiver.sidecar.http.ManagementRoutes;
import io.walarchiver.sidecar.http.WalRoutes;
import io.walarchiver.sidecar.metrics.Metrics;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.ArchivedRange;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.request.WalRequests;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.SpoolDirectory;
import io.walarchiver.sidecar.status.Activity;
import io.walarchiver.sidecar.status.Observers;
import io.walarchiver.sidecar.status.StatusSource;
import io.walarchiver.sidecar.status.WalLog;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.UserPrincipal;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code serve}: everything, running. */
public final class Service implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final ServeSettings settings;
    private final CallGate gate = new CallGate();
    private final Parts parts = new Parts();
    private OptionalInt httpPort = OptionalInt.empty();
    private volatile boolean open;
    private @Nullable BackupWork backupWork;

    private Service(ServeSettings settings) {
        this.settings = settings;
    }

    /** How to make the store, given the threads and who wants to know of its requests. */
    interface StoreOpening {
        ObjectStore open(Workers workers, StoreObserver observer);
    }

    /**
     * Serves until SIGTERM or SIGINT, then drains and ends. Blocks.
     *
     * @throws IOException when a socket, a port or the spool cannot be had
     */
    public static void runUntilSignalled(ServeSettings settings) throws IOException, InterruptedException {
        Signals signals = Signals.listen();
        try (Service service = start(settings)) {
            signals.await();
            service.drain();
        }
        LOG.info("ended");
    }

    /**
     * Starts everything; returns when all sockets are open.
     *
     * @throws IOException when a socket, a port or the spool cannot be had
     */
    public static Service start(ServeSettings settings) throws IOException {
        return start(settings, (workers, observer) -> Stores.open(settings.store(), workers, observer));
    }

    static Service start(ServeSettings settings, StoreOpening opening) throws IOException {
        return start(settings, opening, workers -> Surroundings.standalone(settings, workers));
    }

    static Service start(ServeSettings settings, StoreOpening opening, Function<Workers, Surroundings> surroundings)
            throws IOException {
        Service service = new Service(settings);
        try {
            service.begin(opening, surroundings);
            return service;
        } catch (IOException | RuntimeException | Error e) {
            service.close();
            throw e;
        }
    }

    private void begin(StoreOpening opening, Function<Workers, Surroundings> surroundings) throws IOException {
        Clock clock = Clock.systemUTC();
        SpoolDirectory.create(settings.spool());
        UserPrincipal owner = Files.getOwner(settings.pgdata());
        Archive archive = Archive.of(settings.store(), settings.serverName());
        EventLoop loop = parts.add(new EventLoop());
        Workers workers = parts.add(Workers.start(archive.parallelism()));
        Metrics metrics = parts.add(new Metrics(clock, Version.text()));
        StoreReach reach = new StoreReach(clock);
        ObjectStore store = parts.add(opening.open(workers, Observers.store(reach, metrics.storeObserver())));
        Activity activity = new Activity(clock);
        Pipelines pipelines = parts.add(Pipelines.of(
                archive,
                store,
                new DataDirectory(settings.pgdata()),
                settings.spool(),
                settings.memory(),
                workers,
                Observers.archive(metrics.archiveObserver(), activity.archiveObserver(), WalLog.archive()),
                Observers.restore(metrics.restoreObserver(), activity.restoreObserver(), WalLog.restore())));
        Background archiving =
                parts.add(new Background("archive", pipelines.archive().run()));
        Background prefetching =
                parts.add(new Background("prefetch", pipelines.prefetcher().run()));
        Background trimming = parts.add(Background.trimming(pipelines.pool(), workers.timer()));
        metrics.watchArchive(pipelines.archive()::status);
        metrics.watchRestore(pipelines.prefetcher()::status);
        metrics.watchBuffers(pipelines.pool());
        metrics.watchCalls(gate);

        BackupSide backups = BackupSide.of(
                settings,
                surroundings.apply(workers),
                archive,
                store,
                pipelines.pool(),
                workers,
                metrics,
                clock,
                parts);
        Background maintaining =
                parts.add(new Background("maintenance", backups.maintenance().run()));
        backupWork = parts.add(backups.work());

        Health liveness = Health.all(List.of(
                workers.liveness(loop),
                new Readiness(List.of(
                        archiving.finding(), prefetching.finding(), trimming.finding(), maintaining.finding()))));
        Health readiness = readiness(archive, store, reach, pipelines, workers);
        WalRequests requests = new WalRequests(
                new WalPaths(settings.pgdata()),
                (name, checkOwnership) -> pipelines.archive().archive(name, checkOwnership),
                (name, destination, rewind) -> pipelines
                        .prefetcher()
                        .restore(name, destination, rewind ? RestoreMode.REWIND : RestoreMode.RECOVERY)
                        .then(FileOwner.handOver(destination, owner, workers.fileIo())),
                gate,
                workers.fileIo());
        ArchivedRange range = new ArchivedRange(store, archive.layout());
        StatusSource.Identity identity = new StatusSource.Identity(
                Version.text(),
                settings.serverName(),
                range.location(),
                settings.pgdata().toString());
        StatusSource status = new StatusSource(
                () -> identity,
                readiness,
                pipelines.archive()::status,
                pipelines.prefetcher()::status,
                backups.activity(),
                backups.maintenance()::status,
                activity,
                gate,
                clock);
        ManagementRoutes management = new ManagementRoutes(metrics::scrape, liveness, readiness, status.report());
        listen(
                loop,
                owner,
                management,
                requests,
                GrpcServices.instance(
                        new GrpcServices.Process(settings.pluginName(), Version.text(), liveness, readiness),
                        requests,
                        range,
                        backups.requests()));
        settings.store().warnings().forEach(warning -> LOG.warn("store: {}", warning));
        LOG.atInfo()
                .addKeyValue("version", Version.text())
                .addKeyValue("server", settings.serverName())
                .addKeyValue("archive", range.location())
                .addKeyValue("pgdata", settings.pgdata().toString())
                .addKeyValue("socket", settings.socket().toString())
                .addKeyValue(
                        "http",
                        httpPort.isPresent() ? settings.http().orElseThrow().host() + ":" + httpPort.getAsInt() : "off")
                .addKeyValue("buffers", pipelines.pool().capacity())
                .addKeyValue("buffer_bytes", pipelines.pool().bufferBytes())
                .log("serving");
    }

    private void listen(
            EventLoop loop,
            UserPrincipal owner,
            ManagementRoutes management,
            WalRequests requests,
            GrpcServices services)
            throws IOException {
        if (settings.http().isPresent()) {
            HttpServers tcp = parts.add(HttpServers.onTcp(settings.http().get(), loop, List.of(management)));
            httpPort = OptionalInt.of(tcp.port());
        }
        if (settings.apiSocket().isPresent()) {
            parts.add(HttpServers.onUnixSocket(
                    settings.apiSocket().get().path(), owner, loop, List.of(management, new WalRoutes(requests))));
        }
        // Last, because the operator's side begins to ask as soon as the socket is there.
        parts.add(GrpcServer.start(settings.socket().path(), owner, loop, services));
        open = true;
    }

    private Health readiness(
            Archive archive, ObjectStore store, StoreReach reach, Pipelines pipelines, Workers workers) {
        return new Readiness(List.of(
                Readiness.socket(settings.socket().path(), () -> open),
                reach.finding(store, archive.layout().walPrefix()),
                Readiness.writable("spool", settings.spool(), workers.fileIo()),
                Readiness.journal(pipelines.archive()::isJournalWritable, settings.spool())));
    }

    /** The port of the management server. */
    public OptionalInt httpPort() {
        return httpPort;
    }

    /** Answers calls as long as PostgreSQL asks and the grace lasts. Blocks. */
    public void drain() {
        new Drain(gate, settings.pgdata(), Drain.QUIET).await(settings.drainGrace(), Optional.ofNullable(backupWork));
    }

    /** Ends everything, calls that still run included. */
    @Override
    public void close() {
        open = false;
        gate.giveUp();
        parts.close();
    }
}
