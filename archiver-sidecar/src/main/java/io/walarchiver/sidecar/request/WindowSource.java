package io.walarchiver.sidecar.request;

import java.time.Instant;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** What can be recovered of a Cluster, as the status of its ObjectStore says. */
public interface WindowSource {

    /** Whether it is ours to show: not when another plugin shows the same for this Cluster. */
    Mono<Boolean> isShown(byte[] cluster);

    /** The window; nothing in it when it is not known. Does not fail because the API or a store is away. */
    Mono<Window> window(byte[] cluster);

    /**
     * What can be recovered.
     *
     * @param firstRecoverabilityPoint end of the oldest usable backup
     * @param lastSuccessfulBackup     end of the newest usable backup
     * @param lastFailedBackup         when a backup failed last
     */
    record Window(
            Optional<Instant> firstRecoverabilityPoint,
            Optional<Instant> lastSuccessfulBackup,
            Optional<Instant> lastFailedBackup) {

        /** Nothing is known. */
        public static final Window UNKNOWN = new Window(Optional.empty(), Optional.empty(), Optional.empty());
    }
}
