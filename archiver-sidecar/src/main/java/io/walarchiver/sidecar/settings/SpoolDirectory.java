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
        Path existing = spool;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            problems.add("--spool: " + existing + " is not a directory; choose another place with --spool");
        } else if (!Files.isWritable(existing)) {
            problems.add("--spool: " + existing + " is not writable; give write permission, or choose another place"
                    + " with --spool");
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
