package io.walarchiver.sidecar.request;

import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;

/**
 * Turns the paths that callers send into WAL file names and destinations, and refuses everything outside the data
 * directory. Touches the file system: call on a scheduler for file I/O.
 */
public final class WalPaths {

    /** The names under which the server itself receives files; pg_rewind uses the name of the segment. */
    private static final Set<String> SERVER_RECOVERY = Set.of("RECOVERYXLOG", "RECOVERYHISTORY");

    private final Path pgdata;

    /** @param pgdata the data directory, absolute; it may be absent for a while, for example during a restore */
    public WalPaths(Path pgdata) {
        if (!pgdata.isAbsolute()) {
            throw new IllegalArgumentException("the data directory must be an absolute path, not " + pgdata);
        }
        this.pgdata = pgdata.normalize();
    }

    /** The data directory. */
    public Path pgdata() {
        return pgdata;
    }

    /**
     * Reads a bare file name.
     *
     * @throws InvalidRequestException when PostgreSQL never archives a file of that name
     */
    public static WalFileName name(String text) {
        try {
            return WalFileName.parse(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(printable(String.valueOf(e.getMessage())));
        }
    }

    /**
     * The WAL file an absolute path names.
     *
     * @throws InvalidRequestException when it does not lie directly in {@code pg_wal}, or is no WAL file
     */
    public WalFileName source(String text) {
        Path path = absolute("the WAL file", text);
        WalFileName name = name(String.valueOf(path.getFileName()));
        Path directory = real(parentOf(path));
        Path walDirectory = real(pgdata.resolve("pg_wal"));
        if (!directory.equals(walDirectory)) {
            throw new InvalidRequestException(printable(path + " is not in the WAL directory of this service, "
                    + walDirectory + "; start the service with the data directory of this server"));
        }
        return name;
    }

    /**
     * Where a restored file goes.
     *
     * @param text absolute, or relative to the data directory as PostgreSQL's {@code %p} is
     * @throws InvalidRequestException when it leads out of the data directory and of its {@code pg_wal}
     */
    public Path destination(String text) {
        Path path = text.startsWith("/") ? absolute("the destination", text) : relative(text);
        Path directory = real(parentOf(path));
        if (!directory.startsWith(real(pgdata)) && !directory.startsWith(realOrSelf(pgdata.resolve("pg_wal")))) {
            throw new InvalidRequestException(printable(path + " is outside the data directory of this service, "
                    + pgdata + "; start the service with the data directory of this server"));
        }
        return directory.resolve(String.valueOf(path.getFileName()));
    }

    /** True when the server itself asks for the file, false for pg_rewind (CNPG-I contract, versions). */
    public static boolean isServerRecovery(Path destination) {
        return SERVER_RECOVERY.contains(String.valueOf(destination.getFileName()));
    }

    private Path absolute(String what, String text) {
        if (!text.startsWith("/")) {
            throw new InvalidRequestException(
                    printable("the path of " + what + " must be absolute, \"" + text + "\" is not"));
        }
        // Operators before 1.27.2 and 1.26.3 put the data directory in front twice (CNPG-I contract, 3.9 and 3.10).
        String twice = pgdata.toString() + pgdata;
        return path(
                text.startsWith(twice + "/") ? text.substring(pgdata.toString().length()) : text);
    }

    private Path relative(String text) {
        if (text.isEmpty()) {
            throw new InvalidRequestException("the destination is missing; add ?destination=%p");
        }
        return pgdata.resolve(path(text));
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new InvalidRequestException(printable("not a path: \"" + text + "\""));
        }
    }

    private static Path parentOf(Path path) {
        Path parent = path.getParent();
        if (parent == null || path.getFileName() == null) {
            throw new InvalidRequestException(printable("not the path of a file: \"" + path + "\""));
        }
        return parent;
    }

    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            throw new InvalidRequestException(printable("the directory " + directory + " cannot be reached ("
                    + e.getClass().getSimpleName() + "); is the data directory mounted here under the same path?"));
        }
    }

    private static Path realOrSelf(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException absent) {
            return directory;
        }
    }

    /** Messages end in logs and in a Kubernetes condition: no control characters from the outside, no novels. */
    private static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", "?");
        return clean.length() > 500 ? clean.substring(0, 500) + "…" : clean;
    }
}
