package io.walarchiver.bench.demo;

import io.walarchiver.bench.postgres.PostgresServer;
import io.walarchiver.bench.process.TreeCopy;
import io.walarchiver.bench.process.WorkDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/** A base backup by the low-level API (PostgreSQL manual, "Making a Base Backup Using the Low Level API"). */
final class BaseCopy {

    private static final Set<String> NOT_COPIED =
            Set.of("postmaster.pid", "postmaster.opts", "pg_internal.init", "backup_label.old");
    /** Directories whose content is of no use elsewhere; they must exist. */
    private static final Set<String> EMPTIED = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private final Path copy;

    private BaseCopy(Path copy) {
        this.copy = copy;
    }

    /**
     * Copies the data directory of a running server.
     *
     * @param directory receives the copy
     */
    static BaseCopy take(PostgresServer server, Path directory) throws IOException, SQLException {
        Path copy = directory.resolve("base");
        // Both calls have to come from one session: the server forgets the backup when it ends.
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('demo', true)");
            TreeCopy.copy(server.dataDirectory(), copy, BaseCopy::isWanted);
            try (ResultSet result = statement.executeQuery(
                    "SELECT labelfile, spcmapfile FROM pg_backup_stop(wait_for_archive => true)")) {
                result.next();
                Files.writeString(copy.resolve("backup_label"), result.getString(1));
            }
        }
        Files.createDirectories(copy.resolve("pg_wal"));
        return new BaseCopy(copy);
    }

    private static boolean isWanted(Path relative) {
        if (NOT_COPIED.contains(relative.getFileName().toString())) {
            return false;
        }
        return relative.getNameCount() == 1
                || !EMPTIED.contains(relative.getName(0).toString());
    }

    /** Replaces the data directory of a stopped server by the copy, ready to recover with {@code restoreCommand}. */
    void restore(PostgresServer server, String restoreCommand) throws IOException {
        Path data = server.dataDirectory();
        WorkDirectory.delete(data);
        TreeCopy.copy(copy, data, path -> true);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        Files.createFile(data.resolve("recovery.signal"));
        server.configure(java.util.Map.of("restore_command", restoreCommand, "recovery_target_timeline", "latest"));
        server.user().own(data);
    }
}
