package io.walarchiver.backup.catalog;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * From when to when an archive can be recovered, as CloudNativePG shows it ({@code serverRecoveryWindow}).
 *
 * @param firstRecoverabilityPoint end of the oldest backup that can be restored
 * @param lastSuccessfulBackup     end of the newest one
 * @param lastFailedBackup         when the newest failed backup failed, or began when that is all its record tells
 */
public record RecoveryWindow(
        Optional<Instant> firstRecoverabilityPoint,
        Optional<Instant> lastSuccessfulBackup,
        Optional<Instant> lastFailedBackup) {

    /**
     * The window of a catalog. Only what {@link CatalogEntry.Readable#isRestorable} counts: a record without its archives
     * promises a point in time that nobody can go to.
     */
    public static RecoveryWindow of(List<CatalogEntry> entries) {
        List<CatalogEntry.Readable> readable = entries.stream()
                .filter(CatalogEntry.Readable.class::isInstance)
                .map(CatalogEntry.Readable.class::cast)
                .toList();
        List<Instant> ends = readable.stream()
                .filter(CatalogEntry.Readable::isRestorable)
                .flatMap(entry -> entry.info().end().time().stream())
                .sorted()
                .toList();
        return new RecoveryWindow(
                ends.stream().findFirst(),
                ends.stream().reduce((first, second) -> second),
                readable.stream()
                        .filter(entry -> entry.info().status() == BackupStatus.FAILED)
                        .flatMap(entry -> failure(entry).stream())
                        .max(Comparator.naturalOrder()));
    }

    private static Optional<Instant> failure(CatalogEntry.Readable entry) {
        BackupInfo info = entry.info();
        // A record of a backup that failed at once tells no time, but its id does.
        return info.end()
                .time()
                .or(() -> info.begin().time())
                .or(() -> entry.id().time());
    }
}
