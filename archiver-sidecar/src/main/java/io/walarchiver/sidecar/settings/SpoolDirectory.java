package io.walarchiver.sidecar.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Our own directory: the journal of what is archived, and prefetched files. */
public final class SpoolDirectory {

    private SpoolDirectory() {}

    static void check(Path spool, Path pgdata, Problems problems) {
        if (spool.equals(pgdata) || spool.equals(pgdata.resolve("pg_wal"))) {
            problems.add("--spool: " + spool + " belongs to PostgreSQL; choose a directory of its own");
            return;
        }
        try {
            create(spool);
            if (!Files.isWritable(spool)) {
                problems.add("--spool: " + spool + " is not writable; give write permission or choose another");
            }
        } catch (IOException e) {
            problems.add("--spool: " + spool + " cannot be made (" + e.getClass().getSimpleName()
                    + "); create it, or choose another directory with --spool");
        }
    }

    /** Makes the directory, for its owner alone, because it holds copies of WAL. */
    public static void create(Path spool) throws IOException {
        if (!Files.isDirectory(spool)) {
            Files.createDirectories(
                    spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }
}
