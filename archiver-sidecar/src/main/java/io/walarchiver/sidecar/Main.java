package io.walarchiver.sidecar;

import io.walarchiver.sidecar.assembly.FatalErrors;
import io.walarchiver.sidecar.assembly.NativeEnd;
import io.walarchiver.sidecar.cli.WalArchiverCommand;
import io.walarchiver.sidecar.log.Logging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Where the process starts. */
public final class Main {

    /** A directory that the start script made for the certificates to trust, to be removed at the end. */
    private static final String SCRATCH = "WAL_ARCHIVER_SCRATCH";

    private Main() {}

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        Logging.quiet();
        FatalErrors.install();
        int code = WalArchiverCommand.create().execute(arguments);
        removeScratch(System.getenv(SCRATCH));
        NativeEnd.await();
        System.exit(code);
    }

    private static void removeScratch(@Nullable String directory) {
        if (directory != null && !directory.isBlank()) {
            try {
                Files.deleteIfExists(Path.of(directory, "ca.pem"));
                Files.deleteIfExists(Path.of(directory));
            } catch (IOException e) {
                LoggerFactory.getLogger(Main.class).debug("cannot remove {}", directory, e);
            }
        }
    }
}
