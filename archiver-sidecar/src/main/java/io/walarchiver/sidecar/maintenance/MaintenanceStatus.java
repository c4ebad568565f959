package io.walarchiver.sidecar.maintenance;

import java.time.Instant;
import java.util.Optional;

/**
 * What the last rounds found. Parts that were not looked at yet are empty.
 *
 * @param primary           whether this was the primary in the last round
 * @param lastRound         when the last round without a failure ended
 * @param lastFailure       what went wrong in the last round, when something did
 * @param catalog           the backups
 * @param retention         what retention did last
 * @param inventory         the WAL
 * @param verification      what reading back found last
 */
public record MaintenanceStatus(
        Optional<Boolean> primary,
        Optional<Instant> lastRound,
        Optional<String> lastFailure,
        Optional<CatalogSummary> catalog,
        Optional<RetentionSummary> retention,
        Optional<InventorySummary> inventory,
        Optional<VerifySummary> verification) {

    /** Nothing was looked at yet. */
    public static final MaintenanceStatus UNKNOWN = new MaintenanceStatus(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    MaintenanceStatus withPrimary(boolean is) {
        return new MaintenanceStatus(
                Optional.of(is), lastRound, lastFailure, catalog, retention, inventory, verification);
    }

    MaintenanceStatus withRound(Instant at) {
        return new MaintenanceStatus(
                primary, Optional.of(at), Optional.empty(), catalog, retention, inventory, verification);
    }

    MaintenanceStatus withFailure(String failure) {
        return new MaintenanceStatus(
                primary, lastRound, Optional.of(failure), catalog, retention, inventory, verification);
    }

    MaintenanceStatus with(CatalogSummary found) {
        return new MaintenanceStatus(
                primary, lastRound, lastFailure, Optional.of(found), retention, inventory, verification);
    }

    MaintenanceStatus with(RetentionSummary done) {
        return new MaintenanceStatus(
                primary, lastRound, lastFailure, catalog, Optional.of(done), inventory, verification);
    }

    MaintenanceStatus with(InventorySummary found) {
        return new MaintenanceStatus(
                primary, lastRound, lastFailure, catalog, retention, Optional.of(found), verification);
    }

    MaintenanceStatus with(VerifySummary found) {
        return new MaintenanceStatus(
                primary, lastRound, lastFailure, catalog, retention, inventory, Optional.of(found));
    }
}
