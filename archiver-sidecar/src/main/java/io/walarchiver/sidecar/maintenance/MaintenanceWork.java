package io.walarchiver.sidecar.maintenance;

import io.walarchiver.backup.catalog.RecoveryWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** The steps of maintenance; each publisher does its step once per subscription. */
public interface MaintenanceWork {

    /** Deletes what the policy no longer needs; empty when there is no policy. */
    Mono<RetentionSummary> retain();

    /** Looks at the catalog. */
    Mono<Catalog> catalog();

    /** Lists all WAL. */
    Mono<InventorySummary> inventory();

    /** Reads a part of the archive back, and remembers when. */
    Mono<VerifySummary> verify();

    /** The pause that is wanted between two rounds; empty for the usual one. */
    default Optional<Duration> pause() {
        return Optional.empty();
    }

    /** When the archive was read back last, also by an earlier process; empty when never. */
    Mono<Instant> lastVerification();

    /**
     * What was found in the catalog.
     *
     * @param summary for people and metrics
     * @param window  to be published
     */
    record Catalog(CatalogSummary summary, RecoveryWindow window) {}
}
