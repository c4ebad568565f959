package io.walarchiver.backup.catalog;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
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

    private static final DateTimeFormatter ID = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT);

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
        return info.end().time().or(() -> info.begin().time()).or(() -> start(entry.id()));
    }

    /** A record of a backup that failed at once tells no time, but its id does. */
    private static Optional<Instant> start(BackupId id) {
        try {
            return Optional.of(LocalDateTime.parse(id.value(), ID).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException irregular) {
            return Optional.empty();
        }
    }
}
