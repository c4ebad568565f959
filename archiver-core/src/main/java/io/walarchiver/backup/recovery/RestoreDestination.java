package io.walarchiver.backup.recovery;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a backup goes.
 *
 * @param dataDirectory {@code PGDATA}; missing or empty, or left unfinished by the same restore
 * @param tablespaces   where tablespaces go; each directory missing or empty as well
 * @param walVolume     when the log shall live on a volume of its own, a directory there: {@code pg_wal} becomes a symbolic
 *                      link to its subdirectory {@code pg_wal}, which must be missing or empty
 */
public record RestoreDestination(Path dataDirectory, TablespaceMapping tablespaces, Optional<Path> walVolume) {

    /** Relative paths count from the working directory. */
    public RestoreDestination {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        walVolume = walVolume.map(path -> path.toAbsolutePath().normalize());
    }

    /** A data directory with its tablespaces where they were recorded. */
    public static RestoreDestination of(Path dataDirectory) {
        return new RestoreDestination(dataDirectory, TablespaceMapping.recorded(), Optional.empty());
    }

    /** The same with tablespaces elsewhere. */
    public RestoreDestination withTablespaces(TablespaceMapping mapping) {
        return new RestoreDestination(dataDirectory, mapping, walVolume);
    }

    /** The same with the log on a volume of its own. */
    public RestoreDestination withWalVolume(Path directory) {
        return new RestoreDestination(dataDirectory, tablespaces, Optional.of(directory));
    }
}
