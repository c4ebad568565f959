package io.walarchiver.sidecar.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the archive was read back last, in a file that outlives the process: a service that is restarted every day would
 * otherwise read its archive every day, or never. Blocks.
 */
final class LastVerification {

    private static final Logger LOG = LoggerFactory.getLogger(LastVerification.class);

    private final Path file;

    LastVerification(Path spool) {
        this.file = spool.resolve("last-verification");
    }

    /** Empty when it never was, or nobody knows. */
    Optional<Instant> read() {
        try {
            return Optional.of(Instant.parse(Files.readString(file).strip()));
        } catch (NoSuchFileException never) {
            return Optional.empty();
        } catch (IOException | DateTimeParseException e) {
            LOG.warn("{} is of no use ({}); the archive is read back anew", file, e.getMessage());
            return Optional.empty();
        }
    }

    /** What cannot be written is read back once more than needed. */
    void write(Instant at) {
        try {
            Path draft = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(draft, at + "\n");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("{} cannot be written ({})", file, e.getMessage());
        }
    }
}
