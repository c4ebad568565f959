package io.walarchiver.bench.lab;

import io.walarchiver.bench.postgres.WalCorpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * As much of a data directory as an archiver looks at: control file, version, {@code pg_wal} and its status files.
 *
 * @param path the directory
 */
record FakeDataDirectory(Path path) {

    static FakeDataDirectory create(Path path, WalCorpus corpus) throws IOException {
        Files.createDirectories(path.resolve("global"));
        Files.createDirectories(path.resolve("pg_wal/archive_status"));
        Files.copy(corpus.home().resolve("pg_control"), path.resolve("global/pg_control"));
        Files.copy(corpus.home().resolve("PG_VERSION"), path.resolve("PG_VERSION"));
        return new FakeDataDirectory(path);
    }

    Path wal(String name) {
        return path.resolve("pg_wal").resolve(name);
    }

    /** Copies segments in, without marking them ready. Copies, because archivers may drop them from the page cache. */
    void place(List<Path> segments) throws IOException {
        for (Path segment : segments) {
            Files.copy(segment, wal(segment.getFileName().toString()));
        }
    }

    /** What PostgreSQL does when a segment is complete. */
    void markReady(List<Path> segments) throws IOException {
        for (Path segment : segments) {
            Files.createFile(status(segment.getFileName().toString(), ".ready"));
        }
    }

    /** What PostgreSQL does after the answer. */
    void markDone(String name) throws IOException {
        Files.move(status(name, ".ready"), status(name, ".done"));
    }

    /** What PostgreSQL does at a checkpoint. */
    void recycle(List<Path> segments) throws IOException {
        for (Path segment : segments) {
            String name = segment.getFileName().toString();
            Files.deleteIfExists(wal(name));
            Files.deleteIfExists(status(name, ".done"));
            Files.deleteIfExists(status(name, ".ready"));
        }
    }

    private Path status(String name, String suffix) {
        return path.resolve("pg_wal/archive_status").resolve(name + suffix);
    }
}
