package io.walarchiver.bench.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Compares a restored data directory with the original, whose server has written nothing since. */
final class RestoredFiles {

    private RestoredFiles() {}

    /**
     * Compares the files of all databases byte by byte, and looks for what every restored server needs.
     *
     * @throws IOException naming the first file that differs
     */
    static void verify(String tool, Path original, Path restored) throws IOException {
        for (String needed : List.of("PG_VERSION", "backup_label", "global/pg_control")) {
            if (!Files.isRegularFile(restored.resolve(needed))) {
                throw new IOException(tool + " restored no " + needed + " to " + restored);
            }
        }
        try (Stream<Path> files = Files.walk(original.resolve("base"))) {
            files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    // A cache that servers make anew.
                    .filter(file -> !file.getFileName().toString().equals("pg_internal.init"))
                    .forEach(file -> compare(tool, file, restored.resolve(original.relativize(file))));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void compare(String tool, Path expected, Path actual) {
        try {
            long difference = Files.mismatch(expected, actual);
            if (difference >= 0) {
                throw new IOException(tool + " restored " + actual + " wrong: byte " + difference + " differs");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
