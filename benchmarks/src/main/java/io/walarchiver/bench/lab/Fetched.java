package io.walarchiver.bench.lab;

import io.walarchiver.bench.process.WorkDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A measurement of a fetch counts only when what came back is what went in. */
final class Fetched {

    private Fetched() {}

    /** Compares byte by byte and deletes what was fetched. */
    static void verify(List<Path> segments, Path replayed) throws IOException {
        for (Path segment : segments) {
            Path copy = replayed.resolve(segment.getFileName().toString());
            long difference = Files.mismatch(segment, copy);
            if (difference >= 0) {
                throw new IOException(copy + " differs from " + segment + " at byte " + difference);
            }
        }
        WorkDirectory.delete(replayed);
    }
}
