package io.walarchiver.testing.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * {@code initdb}, {@code pg_ctl} and {@code postgres} of one major version.
 *
 * <p>The build copies the jars they come in to {@code target/postgres/<major>.jar} before integration tests: a module that
 * wants them names {@code maven-dependency-plugin} among its plugins, and the parent does the rest. They are unpacked once,
 * beside the jar. The system property {@code postgres.binaries} names another directory.
 *
 * <p>PostgreSQL refuses to run as root. Then everything runs with {@link Unprivileged less rights}. Safe for use by
 * several threads.
 */
public final class PostgresBinaries {

    /** Every major version there are binaries of. */
    public static final List<Integer> MAJOR_VERSIONS = List.of(14, 15, 16, 17, 18);

    private static final Map<Integer, PostgresBinaries> UNPACKED = new ConcurrentHashMap<>();

    private final int majorVersion;
    private final Path bin;

    private PostgresBinaries(int majorVersion, Path home) {
        this.majorVersion = majorVersion;
        this.bin = home.resolve("bin");
    }

    /** The binaries of a major version, unpacked on first use. */
    public static PostgresBinaries of(int majorVersion) {
        return UNPACKED.computeIfAbsent(majorVersion, PostgresBinaries::locate);
    }

    private static PostgresBinaries locate(int majorVersion) {
        List<Path> directories = Stream.of(
                        Optional.ofNullable(System.getProperty("postgres.binaries")),
                        Optional.of("target/postgres"),
                        Optional.of("../archiver-core/target/postgres"))
                .flatMap(Optional::stream)
                .map(name -> Path.of(name).toAbsolutePath().normalize())
                .toList();
        for (Path directory : directories) {
            Path jar = directory.resolve(majorVersion + ".jar");
            if (Files.exists(jar)) {
                try {
                    return new PostgresBinaries(majorVersion, unpack(jar));
                } catch (IOException e) {
                    throw new IllegalStateException("cannot unpack " + jar + ": " + e.getMessage(), e);
                }
            }
        }
        throw new IllegalStateException("no binaries of PostgreSQL " + majorVersion + " in " + directories
                + "; mvn pre-integration-test puts them there");
    }

    /** The major version. */
    public int majorVersion() {
        return majorVersion;
    }

    /**
     * Creates a cluster with superuser {@code postgres}, no passwords and no fsync.
     *
     * @param dataDirectory does not exist yet; its parent does, and belongs to the test alone
     * @param options       further options, for example {@code --wal-segsize=1}
     * @return what {@code initdb} printed
     */
    public String initdb(Path dataDirectory, String... options) {
        Unprivileged.handOver(dataDirectory.resolveSibling("."));
        List<String> command = new ArrayList<>(List.of(
                program("initdb"), "-D", dataDirectory.toString(), "-U", "postgres", "-A", "trust", "-E", "UTF8"));
        // Without ICU data and locales of its own machine the server only has this one for certain.
        command.addAll(List.of("--locale=C", "--no-sync"));
        command.addAll(Arrays.asList(options));
        return Unprivileged.run(command, "");
    }

    /**
     * Makes a directory, and everything in it, the server's own: a tablespace, or files that were restored by the user who
     * runs the test.
     */
    public static void handOver(Path directory) {
        Unprivileged.handOverAll(directory);
    }

    /**
     * Runs statements in single-user mode, without a server and without a client.
     *
     * @param sql one statement per line
     * @return what the server printed: each row as lines of {@code name = "value"}
     */
    public String singleUser(Path dataDirectory, String sql) {
        return Unprivileged.run(
                List.of(program("postgres"), "--single", "-F", "-D", dataDirectory.toString(), "postgres"), sql + "\n");
    }

    /**
     * Starts a server on a free loopback port and waits until it accepts connections.
     *
     * @param settings for example {@code archive_mode=on}; they are for this start alone
     */
    public PostgresServer start(Path dataDirectory, Map<String, String> settings) {
        return PostgresServer.start(program("pg_ctl"), dataDirectory, settings);
    }

    private String program(String name) {
        return bin.resolve(name).toString();
    }

    private static Path unpack(Path jar) throws IOException {
        String name = jar.getFileName().toString();
        // The length keeps the binaries of two minor versions apart.
        Path home = jar.resolveSibling(name.substring(0, name.indexOf('.')) + "-" + Files.size(jar));
        if (Files.exists(home)) {
            return home;
        }
        // A name of its own until it is complete: another process may be doing the same.
        Path unfinished = Files.createTempDirectory(home.getParent(), home.getFileName() + "-");
        Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith(".txz")) {
                    unpackTar(new XZInputStream(zip), unfinished);
                }
            }
        }
        try {
            Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.exists(home)) {
                throw e;
            }
            // Another process was first; what it unpacked is the same.
        }
        return home;
    }

    private static void unpackTar(InputStream in, Path directory) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(in);
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path target = directory.resolve(entry.getName()).normalize();
            if (entry.isDirectory()) {
                Files.createDirectories(target);
                continue;
            }
            Files.createDirectories(target.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
            } else if (entry.isFile()) {
                Files.copy(tar, target);
                boolean program = (entry.getMode() & 0100) != 0;
                Files.setPosixFilePermissions(
                        target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }
}
