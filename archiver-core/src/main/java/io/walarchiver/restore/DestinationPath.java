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
        Path data = dataDirectory.normalize();
        Path asked = destination.normalize();
        if (!data.isAbsolute() || data.getNameCount() == 0 || !asked.startsWith(data)) {
            return destination;
        }
        Path stripped = data.getRoot().resolve(data.relativize(asked));
        Path askedDirectory = asked.getParent();
        Path strippedDirectory = stripped.getParent();
        boolean repaired = stripped.startsWith(data)
                && askedDirectory != null
                && strippedDirectory != null
                && !isDirectory.test(askedDirectory)
                && isDirectory.test(strippedDirectory);
        return repaired ? stripped : destination;
    }
}
