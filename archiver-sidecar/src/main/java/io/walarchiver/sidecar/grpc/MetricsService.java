package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.metrics.CollectMetric;
import io.walarchiver.bridge.cnpgi.metrics.CollectMetricsRequest;
import io.walarchiver.bridge.cnpgi.metrics.CollectMetricsResult;
import io.walarchiver.bridge.cnpgi.metrics.DefineMetricsRequest;
import io.walarchiver.bridge.cnpgi.metrics.DefineMetricsResult;
import io.walarchiver.bridge.cnpgi.metrics.Metric;
import io.walarchiver.bridge.cnpgi.metrics.MetricType;
import io.walarchiver.bridge.cnpgi.metrics.MetricsCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.metrics.MetricsCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.metrics.MetricsCapability;
import io.walarchiver.bridge.cnpgi.metrics.MetricsGrpc;
import io.walarchiver.sidecar.request.WindowSource;
import io.walarchiver.sidecar.request.WindowSource.Window;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * The CNPG-I Metrics service: the three gauges that dashboards of Barman Cloud archives show, from the exporter of the
 * instance. Everything else is on our own port.
 */
final class MetricsService extends MetricsGrpc.MetricsImplBase {

    private static final String PREFIX = "barman_cloud_cloudnative_pg_io_";

    private record Gauge(String name, String help, Function<Window, Optional<Instant>> value) {}

    private static final List<Gauge> GAUGES = List.of(
            new Gauge(
                    PREFIX + "first_recoverability_point",
                    "The first point of recoverability for the cluster as a unix timestamp",
                    Window::firstRecoverabilityPoint),
            new Gauge(
                    PREFIX + "last_available_backup_timestamp",
                    "The end of the last available backup as a unix timestamp",
                    Window::lastSuccessfulBackup),
            new Gauge(
                    PREFIX + "last_failed_backup_timestamp",
                    "When the last failed backup failed, as a unix timestamp",
                    Window::lastFailedBackup));

    private static final MetricsCapabilitiesResult CAPABILITIES = MetricsCapabilitiesResult.newBuilder()
            .addCapabilities(MetricsCapability.newBuilder()
                    .setRpc(MetricsCapability.RPC.newBuilder().setType(MetricsCapability.RPC.Type.TYPE_METRICS)))
            .build();

    private final WindowSource windows;

    MetricsService(WindowSource windows) {
        this.windows = windows;
    }

    @Override
    public void getCapabilities(
            MetricsCapabilitiesRequest request, StreamObserver<MetricsCapabilitiesResult> observer) {
        UnaryCall.answer(Mono.just(CAPABILITIES), observer);
    }

    @Override
    public void define(DefineMetricsRequest request, StreamObserver<DefineMetricsResult> observer) {
        UnaryCall.answer(
                windows.isShown(request.getClusterDefinition().toByteArray())
                        .map(shown -> shown ? definitions() : DefineMetricsResult.getDefaultInstance()),
                observer);
    }

    private static DefineMetricsResult definitions() {
        DefineMetricsResult.Builder result = DefineMetricsResult.newBuilder();
        GAUGES.forEach(gauge -> result.addMetrics(Metric.newBuilder()
                .setFqName(gauge.name)
                .setHelp(gauge.help)
                // The exporter dereferences it without looking.
                .setValueType(MetricType.newBuilder().setType(MetricType.Type.TYPE_GAUGE))));
        return result.build();
    }

    @Override
    public void collect(CollectMetricsRequest request, StreamObserver<CollectMetricsResult> observer) {
        byte[] cluster = request.getClusterDefinition().toByteArray();
        UnaryCall.answer(
                windows.isShown(cluster)
                        .flatMap(shown -> shown
                                ? windows.window(cluster).map(MetricsService::values)
                                : Mono.just(CollectMetricsResult.getDefaultInstance())),
                observer);
    }

    /** What is not known is 0. */
    private static CollectMetricsResult values(Window window) {
        CollectMetricsResult.Builder result = CollectMetricsResult.newBuilder();
        GAUGES.forEach(gauge -> result.addMetrics(CollectMetric.newBuilder()
                .setFqName(gauge.name)
                .setValue(gauge.value.apply(window).map(Instant::getEpochSecond).orElse(0L))));
        return result.build();
    }
}
