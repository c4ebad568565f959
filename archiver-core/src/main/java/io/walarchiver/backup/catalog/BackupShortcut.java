package io.walarchiver.backup.catalog;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Words that stand for a backup. They look at all entries, whatever became of the backup, as barman's do. */
enum BackupShortcut {
    NEWEST,
    OLDEST,
    LAST_FAILED;

    /** What barman does not allow as a name: its shortcuts, and words of releases to come. */
    private static final Set<String> RESERVED =
            Set.of("latest", "last", "oldest", "first", "last-failed", "latest-full", "last-full", "auto");

    static Optional<BackupShortcut> of(String word) {
        return switch (word) {
            case "latest", "last" -> Optional.of(NEWEST);
            case "oldest", "first" -> Optional.of(OLDEST);
            case "last-failed" -> Optional.of(LAST_FAILED);
            default -> Optional.empty();
        };
    }

    /** The backup it stands for. Entries are oldest first. */
    Optional<CatalogEntry> among(List<CatalogEntry> entries) {
        return switch (this) {
            case OLDEST -> entries.stream().findFirst();
            case NEWEST -> last(entries.stream());
            case LAST_FAILED ->
                last(entries.stream()
                        .filter(entry -> entry instanceof CatalogEntry.Readable readable
                                && readable.info().status() == BackupStatus.FAILED));
        };
    }

    private static Optional<CatalogEntry> last(Stream<CatalogEntry> entries) {
        return entries.reduce((first, second) -> second);
    }

    static boolean isReserved(String name) {
        return RESERVED.contains(name.toLowerCase(Locale.ROOT));
    }
}
