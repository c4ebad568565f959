package io.walarchiver.interop;

import io.walarchiver.testing.postgres.PostgresBinaries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Programs of an installed PostgreSQL that the embedded binaries lack.
 *
 * @param major version
 * @param bin   where they are
 */
record PostgresTools(int major, Path bin) {

    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

    /**
     * Of the newest version that there are embedded binaries of, too: where Debian puts them, or where
     * {@code POSTGRESQL_HOME} says that a Debian package was unpacked.
     */
    static Optional<PostgresTools> installed() {
        Stream<Path> homes = Stream.concat(
                Stream.of(DEBIAN), Optional.ofNullable(System.getenv("POSTGRESQL_HOME")).map(Path::of).stream());
        return homes.flatMap(home -> PostgresBinaries.MAJOR_VERSIONS.stream()
                        .map(major -> new PostgresTools(major, home.resolve(major + "/bin"))))
                .filter(tools -> tools.has("pg_amcheck") && tools.has("pg_checksums"))
                .max(Comparator.comparingInt(PostgresTools::major));
    }

    private boolean has(String program) {
        return Files.isExecutable(bin.resolve(program));
    }

    /** Runs one to its end, and gives what it printed. Fails when it does. */
    String run(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(bin.resolve(program).toString());
        command.addAll(List.of(arguments));
        try {
            Path output = Files.createTempFile("postgres-tool", ".log");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                boolean ended = process.waitFor(2, TimeUnit.MINUTES);
                if (!ended) {
                    process.destroyForcibly().waitFor();
                }
                String printed = Files.readString(output);
                if (!ended || process.exitValue() != 0) {
                    throw new AssertionError(command + (ended ? " failed:\n" : " did not end:\n") + printed);
                }
                return printed;
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
