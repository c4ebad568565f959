package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.sidecar.request.Incidents;
import io.walarchiver.sidecar.settings.InstanceSettings;
import java.time.Clock;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Events on the Cluster, written one after the other behind the back of who tells them. A few that wait may be lost. */
final class ClusterNews implements Incidents, AutoCloseable {

    private static final int WAITING = 64;

    private record Incident(ClusterView cluster, String reason, String message) {}

    private final Sinks.Many<Incident> incidents =
            Sinks.many().unicast().onBackpressureBuffer(new java.util.concurrent.ArrayBlockingQueue<>(WAITING));
    private final Background writing;

    private ClusterNews(ClusterEvents events) {
        this.writing = new Background(
                "events",
                incidents
                        .asFlux()
                        .concatMap(incident -> events.warn(incident.cluster, incident.reason, incident.message)
                                .onErrorResume(failure -> Mono.empty()))
                        .then());
    }

    static ClusterNews start(KubernetesApi api, InstanceSettings.Pod pod, Clock clock) {
        return new ClusterNews(new ClusterEvents(api, "wal-archiver", pod.name(), clock));
    }

    @Override
    public void happened(ClusterView cluster, String reason, String message) {
        synchronized (incidents) {
            Sinks.EmitResult unused = incidents.tryEmitNext(new Incident(cluster, reason, message));
        }
    }

    @Override
    public void close() {
        writing.close();
    }
}
