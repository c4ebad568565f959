package io.walarchiver.sidecar.maintenance;

import io.walarchiver.backup.catalog.RecoveryWindow;
import reactor.core.publisher.Mono;

/** Tells the world from when to when a server can be recovered: on Kubernetes in the status of its ObjectStore. */
@FunctionalInterface
public interface RecoveryWindowPublisher {

    /** Tells nobody; the window is in the metrics and on the status page anyway. */
    RecoveryWindowPublisher NONE = (server, window) -> Mono.empty();

    /**
     * Completes when it is told. A failure is logged and tried again in the next round.
     *
     * @param server the name of the server in the archive
     */
    Mono<Void> publish(String server, RecoveryWindow window);
}
