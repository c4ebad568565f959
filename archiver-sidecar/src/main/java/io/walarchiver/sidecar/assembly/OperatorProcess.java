package io.walarchiver.sidecar.assembly;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.StaleServers;
import io.walarchiver.bridge.operator.ClusterReconciler;
import io.walarchiver.bridge.operator.LifecycleHook;
import io.walarchiver.bridge.operator.OperatorIdentity;
import io.walarchiver.bridge.operator.OperatorSettings;
import io.walarchiver.bridge.operator.StaleStatus;
import io.walarchiver.bridge.operator.StoreCache;
import io.walarchiver.bridge.operator.StoreCare;
import io.walarchiver.bridge.operator.StoreSource;
import io.walarchiver.sidecar.Version;
import io.walarchiver.sidecar.grpc.OperatorServer;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.health.Health.Finding;
import io.walarchiver.sidecar.health.Liveness;
import io.walarchiver.sidecar.health.Readiness;
import io.walarchiver.sidecar.http.HttpServers;
import io.walarchiver.sidecar.http.ProbeRoutes;
import io.walarchiver.sidecar.metrics.OperatorMetrics;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.settings.OperatorProcessSettings;
import io.walarchiver.sidecar.tls.TlsReload;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** {@code operator}: the plugin as CloudNativePG's operator sees it. */
public final class OperatorProcess implements AutoCloseable {

    /**
     * How fast the process looks after what changes.
     *
     * @param certificates between two looks at the files of the certificates
     * @param stores       when to look at stores again
     */
    record Pace(Duration certificates, StoreCare.Pace stores) {

        static final Pace DEFAULT = new Pace(Duration.ofSeconds(5), StoreCare.Pace.DEFAULT);
    }

    private static final Logger LOG = LoggerFactory.getLogger(OperatorProcess.class);

    /** The program in the image, which is the image of this process. */
    private static final String PROGRAM = "/opt/wal-archiver/bin/wal-archiver";

    /**
     * Short watches: while one has died without a word, this replica would answer from another time than the others, and the
     * operator would replace instances to and fro.
     */
    private static final ApiConnection.Settings API =
            new ApiConnection.Settings(Duration.ofSeconds(15), Duration.ofMinutes(1), 100);

    private static final int SIDECAR_PORT = 9189;
    private static final String COMPONENT = "wal-archiver";
    private static final Duration LIVENESS_PATIENCE = Duration.ofSeconds(4);

    /** A Cluster that is made anew after it was deleted finds its entries. */
    private static final Duration STALE_AFTER = Duration.ofDays(1);

    private static final Duration STALE_EVERY = Duration.ofHours(1);

    /** As long as it takes until nobody is sent here any more. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    /** A call has 30 s at most (CNPG-I contract, "deadlines"), and so has the container after SIGTERM. */
    private static final Duration LAST_CALLS = Duration.ofSeconds(15);

    private final Parts parts = new Parts();
    private volatile boolean ending;
    private int grpcPort;
    private int httpPort;

    private OperatorProcess() {}

    /**
     * Serves until SIGTERM or SIGINT. Blocks.
     *
     * @throws IOException when an address cannot be had
     */
    public static void runUntilSignalled(OperatorProcessSettings settings) throws IOException, InterruptedException {
        Signals signals = Signals.listen();
        try (OperatorProcess process = start(settings, Pace.DEFAULT, OperatorProcess::fromSurroundings)) {
            signals.await();
            LOG.info("ending");
            process.ending = true;
            TimeUnit.MILLISECONDS.sleep(LINGER.toMillis());
        }
        LOG.info("ended");
    }

    private static ApiConnection fromSurroundings(Scheduler scheduler) {
        return ApiConnection.fromSurroundings(API, scheduler);
    }

    /**
     * Starts everything; returns when both ports are open.
     *
     * @throws IOException when an address cannot be had
     */
    static OperatorProcess start(
            OperatorProcessSettings settings, Pace pace, Function<Scheduler, ApiConnection> connect)
            throws IOException {
        OperatorProcess process = new OperatorProcess();
        try {
            process.begin(settings, pace, connect);
            return process;
        } catch (IOException | RuntimeException | Error e) {
            process.close();
            throw e;
        }
    }

    private void begin(OperatorProcessSettings settings, Pace pace, Function<Scheduler, ApiConnection> connect)
            throws IOException {
        OperatorMetrics metrics = parts.add(new OperatorMetrics(Version.text()));
        OperatorWorkers workers = parts.add(OperatorWorkers.start());
        EventLoop loop = parts.add(new EventLoop());
        TlsReload certificates = new TlsReload(settings.certificates(), metrics);
        metrics.watchCertificates(certificates);
        certificates.refresh();
        Background reloading =
                parts.add(new Background("certificates", certificates.follow(pace.certificates(), workers.files())));

        ApiConnection api = parts.add(connect.apply(workers.kubernetes()));
        StoreCache cache = new StoreCache(
                new CollectionWatch(api, workers.kubernetes()), StoreSource.asking(api), settings.scopes());
        StoreCare care = new StoreCare(
                api,
                cache,
                pace.stores(),
                (work, object, failure) -> {
                    metrics.workFailed(work);
                    LOG.warn("{} of {} could not be written: {}", work, object, failure.getMessage());
                },
                Clock.systemUTC(),
                workers.kubernetes());
        metrics.watchStores(cache, care);
        Background watching = parts.add(new Background("stores", care.run()));

        StaleStatus stale = new StaleStatus(
                cache,
                new StaleServers(api, settings.group(), STALE_AFTER, Clock.systemUTC(), workers.kubernetes()),
                STALE_EVERY,
                (work, object, failure) -> {
                    metrics.workFailed(work);
                    LOG.warn("servers that are gone stay in the status of {}: {}", object, failure.getMessage());
                },
                workers.kubernetes());
        Background pruning = parts.add(new Background(
                "stale-servers",
                stale.run()
                        .doOnNext(removal -> LOG.info(
                                "no Cluster or Backup mentions the servers {} of the store {}/{} any more; they are out of its"
                                        + " status, and their archive stays",
                                removal.servers(),
                                removal.store().namespace(),
                                removal.store().name()))
                        .then()));

        OperatorSettings hooks = new OperatorSettings(
                settings.pluginName().value(),
                Version.text(),
                settings.sidecarImage(),
                List.of(PROGRAM),
                SIDECAR_PORT,
                defaultResources());
        ClusterReconciler reconciler = new ClusterReconciler(
                hooks,
                api,
                new ClusterEvents(api, COMPONENT, settings.podName(), Clock.systemUTC()),
                cache,
                care::problem,
                workers.kubernetes());
        Health liveness = Health.all(List.of(
                new Liveness(
                        Map.of(
                                "event-loop", loop.group(),
                                "hooks", workers.hooks(),
                                "kubernetes", workers.kubernetes()::schedule),
                        LIVENESS_PATIENCE),
                new Readiness(List.of(reloading.finding(), watching.finding(), pruning.finding()))));
        Health readiness = new Readiness(List.of(
                Mono.fromSupplier(this::serving),
                Mono.fromSupplier(() -> certificates(certificates)),
                Mono.fromSupplier(() -> stores(cache))));
        OperatorServer server = OperatorServer.start(
                settings.grpc(),
                loop,
                workers.hooks(),
                certificates,
                metrics::callerRefused,
                new OperatorServer.Hooks(
                        new OperatorIdentity(hooks),
                        new LifecycleHook(hooks),
                        cache,
                        reconciler,
                        liveness,
                        readiness,
                        metrics));
        parts.add(() -> server.close(LAST_CALLS));
        grpcPort = server.port();
        HttpServers http = HttpServers.onTcp(
                settings.http(), loop, List.of(new ProbeRoutes(metrics::scrape, liveness, readiness)));
        parts.add(http);
        httpPort = http.port();
        LOG.atInfo()
                .addKeyValue("version", Version.text())
                .addKeyValue("plugin", settings.pluginName().value())
                .addKeyValue("sidecar_image", settings.sidecarImage())
                .addKeyValue("stores_in", settings.scopes().toString())
                .addKeyValue("grpc_port", grpcPort)
                .addKeyValue("http_port", httpPort)
                .log("serving the operator");
    }

    int grpcPort() {
        return grpcPort;
    }

    int httpPort() {
        return httpPort;
    }

    private Finding serving() {
        return ending
                ? Finding.bad("grpc", "the process is ending")
                : Finding.good("grpc", "listens on port " + grpcPort);
    }

    private static Finding certificates(TlsReload certificates) {
        if (certificates.current().isEmpty()) {
            return Finding.bad("certificates", certificates.trouble().orElse("not read yet"));
        }
        return Finding.good(
                "certificates",
                certificates
                        .trouble()
                        .map(trouble -> "those loaded before are in use; " + trouble)
                        .orElse("loaded"));
    }

    private static Finding stores(StoreCache cache) {
        if (cache.isSynced()) {
            return Finding.good(
                    "stores",
                    cache.size() + " are known"
                            + cache.trouble().map(text -> "; " + text).orElse(""));
        }
        return Finding.bad(
                "stores",
                "not listed yet" + cache.trouble().map(text -> ": " + text).orElse(""));
    }

    /** For a store that says nothing: the budget for data in flight with what the JVM needs around it, and no limit of CPU. */
    private static ObjectNode defaultResources() {
        ObjectNode resources = JsonNodeFactory.instance.objectNode();
        resources.putObject("requests").put("cpu", "50m").put("memory", "192Mi");
        return resources;
    }

    @Override
    public void close() {
        ending = true;
        parts.close();
    }
}
