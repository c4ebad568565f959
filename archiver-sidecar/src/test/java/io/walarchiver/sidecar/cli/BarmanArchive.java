package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.settings.StoreFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** An archive in a directory with backups whose records real barman wrote. */
final class BarmanArchive {

    static final String FIRST = "20261122T092142";
    static final String SECOND = "20261122T092211";
    static final String FAILED = "20261122T092318";

    private final Path bucket;
    private final Path store;

    private BarmanArchive(Path bucket, Path store) {
        this.bucket = bucket;
        this.store = store;
    }

    /** Two backups, nightly-1 and nightly-2, whose archives hold nothing. */
    static BarmanArchive create(Path directory) throws IOException {
        Path bucket = Files.createDirectory(directory.resolve("bucket"));
        return new BarmanArchive(bucket, StoreFiles.inDirectory(directory, bucket))
                .with(FIRST, "3.4-plain")
                .with(SECOND, "3.4-gzip-timeline2");
    }

    /** One more, with an empty archive for its data and for its one tablespace. */
    BarmanArchive with(String id, String record) throws IOException {
        Path base = Files.createDirectories(base(id));
        Files.write(base.resolve("backup.info"), sample("info/backup.info-" + record));
        Files.createFile(base.resolve("data.tar"));
        Files.createFile(base.resolve("16384.tar"));
        return this;
    }

    /** A WAL file of one byte. */
    BarmanArchive withWal(String... names) throws IOException {
        for (String name : names) {
            Path directory = bucket.resolve("db/wals/" + name.substring(0, 16));
            Files.createDirectories(directory);
            Files.write(directory.resolve(name), new byte[1]);
        }
        return this;
    }

    /** The directory of a backup. */
    Path base(String id) {
        return bucket.resolve("db/base/" + id);
    }

    Path bucket() {
        return bucket;
    }

    /** Runs a command on this archive. */
    CommandRun run(String command, Object... arguments) {
        Object[] all = new Object[arguments.length + 5];
        all[0] = command;
        all[1] = "--store";
        all[2] = store;
        all[3] = "--server";
        all[4] = "db";
        System.arraycopy(arguments, 0, all, 5, arguments.length);
        return CommandRun.of(all);
    }

    /** A sample file. */
    static byte[] sample(String name) {
        try (InputStream in =
                Objects.requireNonNull(BarmanArchive.class.getResourceAsStream("/barman/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
