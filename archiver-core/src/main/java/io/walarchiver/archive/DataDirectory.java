package io.walarchiver.archive;

import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL data directory, as far as archiving reads it (PostgreSQL manual, "Database File Layout").
 *
 * <p>PostgreSQL need not run, and the directory need not exist when this value is made: a database pod starts its
 * archiver before {@code initdb}. Methods that touch files block; call them on a scheduler for file I/O. Safe for many
 * threads.
 */
public final class DataDirectory {

    /** A torn read of pg_control, which PostgreSQL rewrites in place, is over within microseconds. */
    private static final int CONTROL_FILE_ATTEMPTS = 5;

    private final Path path;
    private volatile @Nullable ControlFile controlFile;

    /** @param path the data directory, {@code PGDATA} */
    public DataDirectory(Path path) {
        this.path = path;
    }

    /** The directory itself. */
    public Path path() {
        return path;
    }

    /** {@code pg_wal}; may be a symbolic link. */
    public Path walDirectory() {
        return path.resolve("pg_wal");
    }

    /** Where PostgreSQL keeps one {@code .ready} or {@code .done} file for each WAL file. */
    public Path archiveStatusDirectory() {
        return walDirectory().resolve("archive_status");
    }

    /** The WAL file of that name. */
    public Path walFile(WalFileName name) {
        return walDirectory().resolve(name.toString());
    }

    /**
     * The control file, read once and remembered: what archiving needs of it does not change while a cluster lives.
     *
     * @throws IOException when it is missing or damaged; the message names the file
     */
    public ControlFile controlFile() throws IOException {
        ControlFile known = controlFile;
        return known != null ? known : rereadControlFile();
    }

    /**
     * Reads the control file again: its state changes, and after a restore another cluster can live in the directory.
     *
     * @throws IOException when it is missing or damaged; the message names the file
     */
    public ControlFile rereadControlFile() throws IOException {
        Path file = path.resolve("global/pg_control");
        for (int attempt = 1; ; attempt++) {
            byte[] bytes;
            try {
                bytes = Files.readAllBytes(file);
            } catch (NoSuchFileException e) {
                throw new IOException(file + " does not exist: " + path + " is not a PostgreSQL data directory", e);
            }
            try {
                ControlFile read = ControlFile.parse(ByteBuffer.wrap(bytes));
                controlFile = read;
                return read;
            } catch (WalFormatException.ControlFileTorn torn) {
                if (attempt == CONTROL_FILE_ATTEMPTS) {
                    throw new IOException(file + " is damaged: " + torn.getMessage(), torn);
                }
                Thread.onSpinWait();
            } catch (WalFormatException damaged) {
                throw new IOException("cannot use " + file + ": " + damaged.getMessage(), damaged);
            }
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
