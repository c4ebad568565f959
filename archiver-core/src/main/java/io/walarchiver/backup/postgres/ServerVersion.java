package io.walarchiver.backup.postgres;

import io.walarchiver.backup.base.BackupException;
import java.util.List;
import java.util.stream.Stream;

/**
 * What differs between the versions of PostgreSQL: version 15 gave the backup functions new names.
 *
 * @param number as {@code server_version_num}
 */
record ServerVersion(int number) {

    static final int OLDEST_MAJOR = 14;
    static final int NEWEST_MAJOR = 18;

    private static final int VERSIONS_PER_MAJOR = 10_000;
    private static final int RENAMED = 15 * VERSIONS_PER_MAJOR;
    private static final int TRANSACTION_TIMEOUT = 17 * VERSIONS_PER_MAJOR;

    ServerVersion {
        int major = number / VERSIONS_PER_MAJOR;
        if (major < OLDEST_MAJOR || major > NEWEST_MAJOR) {
            throw new BackupException.VersionUnsupported("cannot back up a server of version " + number
                    + " (server_version_num): this program knows PostgreSQL " + OLDEST_MAJOR + " to " + NEWEST_MAJOR);
        }
    }

    /** A session that waits for hours must not be ended for it, and one whose client died must end. */
    List<String> sessionSettings() {
        List<String> common = List.of("set idle_session_timeout = 0", "set client_connection_check_interval = '10s'");
        return number < TRANSACTION_TIMEOUT
                ? common
                : Stream.concat(common.stream(), Stream.of("set transaction_timeout = 0"))
                        .toList();
    }

    /** Functions a role must be allowed to execute, as in a GRANT. */
    List<String> functions(boolean inRecovery) {
        List<String> ofBackup = number < RENAMED
                ? List.of(
                        "pg_catalog.pg_start_backup(text, boolean, boolean)",
                        "pg_catalog.pg_stop_backup(boolean, boolean)")
                : List.of("pg_catalog.pg_backup_start(text, boolean)", "pg_catalog.pg_backup_stop(boolean)");
        List<String> ofPrimary = List.of("pg_catalog.pg_create_restore_point(text)", "pg_catalog.pg_switch_wal()");
        return inRecovery
                ? ofBackup
                : Stream.concat(ofBackup.stream(), ofPrimary.stream()).toList();
    }

    /** Parameters: label, fast. */
    String startStatement() {
        String call = number < RENAMED ? "pg_start_backup(?, ?, false)" : "pg_backup_start(?, ?)";
        return "select lsn::text, (select timeline_id from pg_control_checkpoint()), now() from " + call + " as lsn";
    }

    /**
     * The clock is read after the function has returned. An earlier time would promise that one can recover to a moment at
     * which the copy was not consistent yet.
     */
    String stopStatement() {
        String call = number < RENAMED ? "pg_stop_backup(false, true)" : "pg_backup_stop(true)";
        return "select lsn::text,"
                + " case when pg_is_in_recovery() then coalesce("
                + "(select nullif(min_recovery_end_timeline, 0) from pg_control_recovery()),"
                + " (select timeline_id from pg_control_checkpoint()))"
                + " else (select timeline_id from pg_control_checkpoint()) end,"
                + " clock_timestamp(), labelfile from " + call;
    }
}
