package io.walarchiver.bench.service;

import io.walarchiver.bench.process.TreeCopy;
import io.walarchiver.bench.process.UnprivilegedUser;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The distribution folder of the service.
 *
 * @param home holds {@code bin/wal-archiver} and {@code lib}
 */
public record Distribution(Path home) {

    private static final Path IN_REPOSITORY = Path.of("archiver-sidecar", "target", "wal-archiver");
    private static final Path PROGRAM = Path.of("bin", "wal-archiver");

    public Distribution {
        home = home.toAbsolutePath().normalize();
    }

    /**
     * The one given, or the one built in the repository this program comes from.
     *
     * @throws IOException when there is none; says how to build it
     */
    public static Distribution find(Optional<Path> given) throws IOException {
        if (given.isPresent()) {
            return checked(given.get());
        }
        for (Path level = ownLocation(); level != null; level = level.getParent()) {
            Path candidate = level.resolve(IN_REPOSITORY);
            if (Files.isExecutable(candidate.resolve(PROGRAM))) {
                return new Distribution(candidate);
            }
        }
        throw new IOException("the service is not built: " + IN_REPOSITORY + " is missing above " + ownLocation()
                + "; run \"mvn -q -DskipTests package\" first");
    }

    private static Distribution checked(Path home) throws IOException {
        if (!Files.isExecutable(home.resolve(PROGRAM))) {
            throw new IOException(home + " is no distribution of the service: it has no " + PROGRAM);
        }
        return new Distribution(home);
    }

    private static Path ownLocation() throws IOException {
        try {
            return Path.of(Distribution.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IOException("cannot tell where this program lies", e);
        }
    }

    /** This distribution, or a copy of it in {@code directory} when the unprivileged user cannot reach this one. */
    public Distribution reachable(Path directory) throws IOException {
        if (UnprivilegedUser.isReachableByAll(home.resolve("lib"))
                && UnprivilegedUser.isReachableByAll(home.resolve("bin"))) {
            return this;
        }
        Path copy = directory.resolve("wal-archiver");
        TreeCopy.copy(home, copy, path -> true);
        return new Distribution(copy);
    }

    /** The command. */
    public String program() {
        return home.resolve(PROGRAM).toString();
    }

    /** The helper for {@code archive_command} and {@code restore_command}. */
    public String command() {
        return home.resolve("bin").resolve("wal-archiver-command").toString();
    }
}
