package io.walarchiver.backup.postgres;

import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.base.ServerFacts;
import io.walarchiver.backup.base.ServerFacts.ArchiveMode;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.wal.SegmentSize;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prepares a new session and asks what a backup has to know. Blocks. */
final class ServerFactsQuery {

    private static final String SETTINGS = "select name, setting from pg_settings where name in ('archive_mode',"
            + " 'data_directory', 'wal_segment_size', 'block_size', 'segment_size', 'config_file', 'hba_file',"
            + " 'ident_file')";

    private static final String INCLUDED_FILES =
            "select distinct sourcefile from pg_settings where sourcefile is not null"
                    + " and sourcefile <> current_setting('config_file') order by 1";

    /** An in-place tablespace has a relative location; it is a directory below pg_tblspc and needs no archive. */
    private static final String TABLESPACES =
            "select spcname, oid::bigint, pg_tablespace_location(oid) from pg_tablespace"
                    + " where pg_tablespace_location(oid) like '/%' order by oid";

    private static final List<String> ROLES = List.of("pg_read_all_settings", "pg_read_all_stats");

    private final Connection connection;
    private final String location;

    ServerFactsQuery(Connection connection, String location) {
        this.connection = connection;
        this.location = location;
    }

    /** The server's version, once the session is one that may wait. */
    ServerVersion prepare() throws SQLException {
        ServerVersion version =
                new ServerVersion(Math.toIntExact(number("select current_setting('server_version_num')::int")));
        try (Statement statement = connection.createStatement()) {
            for (String setting : version.sessionSettings()) {
                boolean unused = statement.execute(setting);
            }
        }
        return version;
    }

    ServerFacts facts(ServerVersion version) throws SQLException {
        boolean inRecovery = truth("select pg_is_in_recovery()");
        requireRights(version, inRecovery);
        Map<String, String> settings = new HashMap<>();
        List<String> included = new ArrayList<>();
        List<TablespaceLocation> tablespaces = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery(SETTINGS)) {
                while (rows.next()) {
                    settings.put(rows.getString(1), rows.getString(2));
                }
            }
            try (ResultSet rows = statement.executeQuery(INCLUDED_FILES)) {
                while (rows.next()) {
                    included.add(rows.getString(1));
                }
            }
            try (ResultSet rows = statement.executeQuery(TABLESPACES)) {
                while (rows.next()) {
                    tablespaces.add(new TablespaceLocation(rows.getString(1), rows.getLong(2), rows.getString(3)));
                }
            }
        }
        return new ServerFacts(
                version.number(),
                number("select system_identifier from pg_control_system()"),
                inRecovery,
                ArchiveMode.valueOf(require(settings, "archive_mode").toUpperCase(Locale.ROOT)),
                require(settings, "data_directory"),
                new SegmentSize(Integer.parseInt(require(settings, "wal_segment_size"))),
                Integer.parseInt(require(settings, "block_size")),
                Integer.parseInt(require(settings, "segment_size")),
                require(settings, "config_file"),
                require(settings, "hba_file"),
                require(settings, "ident_file"),
                included,
                tablespaces,
                number("select coalesce(sum(pg_tablespace_size(oid)), 0)::bigint from pg_tablespace"));
    }

    private void requireRights(ServerVersion version, boolean inRecovery) throws SQLException {
        String role = text("select quote_ident(current_user)");
        List<String> missing = new ArrayList<>();
        for (String function : version.functions(inRecovery)) {
            if (!truth("select has_function_privilege(?, 'execute')", function)) {
                missing.add("GRANT EXECUTE ON FUNCTION " + function + " TO " + role + ";");
            }
        }
        for (String wanted : ROLES) {
            if (!truth("select pg_has_role(?::name, 'usage')", wanted)) {
                missing.add("GRANT " + wanted + " TO " + role + ";");
            }
        }
        if (!missing.isEmpty()) {
            throw new BackupException.MissingRights(
                    "the role " + role + " may not take a backup of " + location + "; as a superuser, in the database "
                            + connection.getCatalog() + ": " + String.join(" ", missing),
                    null);
        }
    }

    private static String require(Map<String, String> settings, String name) {
        String value = settings.get(name);
        if (value == null) {
            throw new BackupException.ServerRefused("the server does not tell its setting " + name, null);
        }
        return value;
    }

    private long number(String query) throws SQLException {
        return Long.parseLong(text(query));
    }

    private boolean truth(String query, String... parameters) throws SQLException {
        return text(query, parameters).equals("t");
    }

    private String text(String query, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new SQLException("no answer to: " + query);
                }
                return rows.getString(1);
            }
        }
    }
}
