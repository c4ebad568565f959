package io.walarchiver.bench.process;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Where the demo and the lab keep their files: below the system's temporary directory, because that is the one place
 * which the unprivileged user can reach on every machine, and never inside the repository.
 */
public final class WorkDirectory {

    private WorkDirectory() {}

    /**
     * The directory for what is worth keeping between runs: unpacked server binaries, recorded WAL.
     *
     * @throws IOException when it belongs to somebody else
     */
    public static Path cache() throws IOException {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"))
                .resolve("wal-archiver-lab-" + System.getProperty("user.name"));
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            throw new IOException(directory + " belongs to somebody else; set -Djava.io.tmpdir to another directory");
        }
        return directory;
    }

    /** A new directory for one run, readable for everybody. */
    public static Path forOneRun(String name) throws IOException {
        Path directory = Files.createTempDirectory("wal-archiver-" + name + "-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory;
    }

    /** Deletes a directory and everything in it; absent is fine. Files that vanish meanwhile do not matter. */
    public static void delete(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
