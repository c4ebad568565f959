package io.walarchiver.restore;

import java.nio.file.Path;
import java.util.function.Predicate;

/**
 * Repairs destinations that hold PGDATA twice.
 *
 * <p>CloudNativePG 1.25, 1.26 up to .2 and 1.27 up to .1 pass {@code pg_rewind}'s absolute path through a join with
 * PGDATA, so that {@code /pgdata/pg_wal/X} arrives as {@code /pgdata/pgdata/pg_wal/X}.
 */
public final class DestinationPath {

    private DestinationPath() {}

    /**
     * The destination that was meant: {@code destination} itself, or what is left after removing one PGDATA when it
     * starts with two, its directory does not exist, and the directory without the first one does.
     *
     * @param destination   an absolute path
     * @param dataDirectory PGDATA, absolute
     * @param isDirectory   tells which directories exist
     */
    public static Path resolve(Path destination, Path dataDirectory, Predicate<Path> isDirectory) {
        Path stripped = withoutFirst(destination, dataDirectory);
        Path directory = destination.getParent();
        Path strippedDirectory = stripped.getParent();
        return directory != null
                        && strippedDirectory != null
                        && !isDirectory.test(directory)
                        && isDirectory.test(strippedDirectory)
                ? stripped
                : destination;
    }

    /** True when {@code destination} starts with PGDATA twice, whatever exists. */
    static boolean isDoubled(Path destination, Path dataDirectory) {
        return !withoutFirst(destination, dataDirectory).equals(destination);
    }

    private static Path withoutFirst(Path destination, Path dataDirectory) {
        Path root = dataDirectory.getRoot();
        if (root == null || dataDirectory.getNameCount() == 0 || !destination.startsWith(dataDirectory)) {
            return destination;
        }
        Path stripped = root.resolve(dataDirectory.relativize(destination));
        return stripped.startsWith(dataDirectory) ? stripped : destination;
    }
}
