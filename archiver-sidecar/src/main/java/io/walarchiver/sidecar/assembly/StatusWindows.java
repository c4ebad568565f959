package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.cluster.ArchivePlan;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.PluginEntry;
import io.walarchiver.bridge.kubernetes.RecoveryWindowStatus;
import io.walarchiver.bridge.kubernetes.ServerRecoveryWindow;
import io.walarchiver.sidecar.request.WindowSource;
import io.walarchiver.sidecar.settings.InstanceSettings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The recovery window in the status of the Cluster's own store, read anew at most every half minute. */
final class StatusWindows implements WindowSource {

    /** Whose gauges ours are named after. */
    private static final String ORIGINAL = "barman-cloud.cloudnative-pg.io";

    private static final Duration FRESH = Duration.ofSeconds(30);

    /** The scrape of the whole instance waits. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final InstanceSettings.Pod pod;
    private final RecoveryWindowStatus status;
    private final Clock clock;
    private final Scheduler timer;
    private final AtomicReference<@Nullable Read> last = new AtomicReference<>();

    StatusWindows(InstanceSettings.Pod pod, RecoveryWindowStatus status, Clock clock, Scheduler timer) {
        this.pod = pod;
        this.status = status;
        this.clock = clock;
        this.timer = timer;
    }

    private record Read(ArchiveReference archive, Window window, Instant at) {}

    @Override
    public Mono<Boolean> isShown(byte[] cluster) {
        return Mono.fromSupplier(() -> pod.pluginName().value().equals(ORIGINAL)
                || ClusterView.parse(cluster).plugins().stream()
                        .filter(PluginEntry::enabled)
                        .noneMatch(entry -> entry.name().equals(ORIGINAL)));
    }

    @Override
    public Mono<Window> window(byte[] cluster) {
        return Mono.defer(() -> {
            Optional<ArchiveReference> own =
                    new ArchivePlan(ClusterView.parse(cluster), pod.pluginName().value(), pod.name()).ownArchive();
            return own.map(this::window).orElseGet(() -> Mono.just(Window.UNKNOWN));
        });
    }

    private Mono<Window> window(ArchiveReference archive) {
        Optional<Read> known = Optional.ofNullable(last.get()).filter(read -> read.archive.equals(archive));
        Optional<Read> fresh = known.filter(read -> read.at.plus(FRESH).isAfter(clock.instant()));
        if (fresh.isPresent()) {
            return Mono.just(fresh.get().window);
        }
        Window otherwise = known.map(Read::window).orElse(Window.UNKNOWN);
        return status.read(archive.storeName())
                .map(windows -> Optional.ofNullable(windows.get(archive.serverName()))
                        .map(StatusWindows::window)
                        .orElse(Window.UNKNOWN))
                .timeout(PATIENCE, timer)
                .onErrorReturn(otherwise)
                .doOnNext(window -> last.set(new Read(archive, window, clock.instant())));
    }

    private static Window window(ServerRecoveryWindow window) {
        return new Window(window.firstRecoverabilityPoint(), window.lastSuccessfulBackup(), window.lastFailedBackup());
    }
}
