package io.walarchiver.backup.recovery;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfoFormat;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.WalFileName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A base backup of a running server, taken step by step as the manual says, in the layout of the archive. */
final class TestBackup {

    private static final Set<String> WITHOUT_CONTENT = Set.of(
            "pg_wal",
            "pg_dynshmem",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_stat_tmp",
            "pg_snapshots",
            "pg_subtrans",
            "pg_tblspc");
    private static final Set<String> LEFT_OUT = Set.of("postmaster.pid", "postmaster.opts");

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final PostgresServer server;
    private final int version;

    TestBackup(ObjectStore store, ArchiveLayout layout, PostgresServer server, int version) {
        this.store = store;
        this.layout = layout;
        this.server = server;
        this.version = version;
    }

    static Connection connect(PostgresServer server) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres?user=postgres&connectTimeout=20");
    }

    static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    interface Step {
        void run() throws Exception;
    }

    /**
     * Takes a backup.
     *
     * @param during what happens while it is taken
     */
    void take(String id, Compression compression, Step during) throws Exception {
        boolean old = version < 15;
        Map<String, String> record = new TreeMap<>();
        try (Connection session = connect(server)) {
            record.put("version", ask(session, "show server_version_num"));
            record.put("systemid", ask(session, "select system_identifier from pg_control_system()"));
            record.put(
                    "xlog_segment_size",
                    ask(session, "select setting from pg_settings where name = 'wal_segment_size'"));
            String begin = ask(
                    session,
                    old
                            ? "select pg_start_backup('" + id + "', true, false)"
                            : "select pg_backup_start('" + id + "', true)");
            record.put("begin_time", ask(session, "select now() at time zone 'UTC'") + "+00:00");
            String timeline = ask(session, "select timeline_id from pg_control_checkpoint()");
            record.put("timeline", timeline);
            position(session, record, "begin", begin);
            StringBuilder spaces = new StringBuilder();
            try (Statement statement = session.createStatement();
                    ResultSet rows =
                            statement.executeQuery("select spcname, oid, pg_tablespace_location(oid) from pg_tablespace"
                                    + " where pg_tablespace_location(oid) <> ''")) {
                while (rows.next()) {
                    spaces.append(spaces.isEmpty() ? "" : ", ")
                            .append("('" + rows.getString(1) + "', " + rows.getLong(2) + ", '" + rows.getString(3)
                                    + "')");
                    place(
                            id,
                            rows.getLong(2) + ".tar",
                            compression,
                            tar(Path.of(rows.getString(3)), false, "", List.of()));
                }
            }
            record.put("tablespaces", spaces.isEmpty() ? "None" : "[" + spaces + "]");
            // Two volumes, the second with what comes last.
            place(id, "data.tar", compression, tar(server.dataDirectory(), true, "global/pg_control", List.of()));
            during.run();
            String label;
            try (Statement statement = session.createStatement();
                    ResultSet rows = statement.executeQuery(
                            old
                                    ? "select lsn, labelfile from pg_stop_backup(false)"
                                    : "select lsn, labelfile from pg_backup_stop()")) {
                rows.next();
                String end = rows.getString(1);
                label = rows.getString(2);
                record.put("end_time", ask(session, "select now() at time zone 'UTC'") + "+00:00");
                position(session, record, "end", end);
            }
            ByteArrayOutputStream last = new ByteArrayOutputStream();
            try (TarArchiveOutputStream tar = open(last)) {
                add(tar, server.dataDirectory().resolve("global/pg_control"), "global/pg_control");
                TarArchiveEntry entry = new TarArchiveEntry("backup_label", TarConstants.LF_NORMAL, true);
                byte[] bytes = label.getBytes(StandardCharsets.UTF_8);
                entry.setSize(bytes.length);
                entry.setMode(0644);
                tar.putArchiveEntry(entry);
                tar.write(bytes);
                tar.closeArchiveEntry();
            }
            place(id, "data_0001.tar", compression, last.toByteArray());
        }
        record.put("status", "DONE");
        record.put("server_name", "cloud");
        StringBuilder text = new StringBuilder();
        record.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        new BackupCatalog(store, layout, PutOptions.NONE)
                .write(new BackupId(id), BackupInfoFormat.parse(text.toString().getBytes(StandardCharsets.UTF_8)))
                .block(Duration.ofSeconds(30));
    }

    private static void position(Connection session, Map<String, String> record, String which, String lsn)
            throws SQLException {
        record.put(which + "_xlog", lsn);
        record.put(which + "_wal", ask(session, "select pg_walfile_name('" + lsn + "')"));
        record.put(which + "_offset", ask(session, "select file_offset from pg_walfile_name_offset('" + lsn + "')"));
    }

    private void place(String id, String name, Compression compression, byte[] tar) throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (OutputStream out = Codec.of(compression).encodingStream(object, tar.length)) {
            out.write(tar);
        }
        put(layout.backupKey(id, name + compression.suffix()), object.toByteArray());
    }

    private void put(ObjectKey key, byte[] bytes) {
        store.put(key, Content.of(ByteBuffer.wrap(bytes)), PutOptions.NONE).block(Duration.ofSeconds(60));
    }

    /** Brings everything that the server has archived to a directory into the archive. */
    void archive(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                WalFileName name = WalFileName.parse(file.getFileName().toString());
                put(layout.walKey(name, Compression.NONE), Files.readAllBytes(file));
            }
        }
    }

    private static TarArchiveOutputStream open(OutputStream out) {
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out, "UTF-8");
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        return tar;
    }

    private static byte[] tar(Path root, boolean withRoot, String without, List<String> more) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = open(bytes)) {
            if (withRoot) {
                add(tar, root, ".");
            }
            walk(tar, root, "", without);
            for (String each : more) {
                add(tar, root.resolve(each), each);
            }
        }
        return bytes.toByteArray();
    }

    private static void walk(TarArchiveOutputStream tar, Path directory, String prefix, String without)
            throws IOException {
        List<Path> children;
        try (Stream<Path> all = Files.list(directory)) {
            children = all.sorted().toList();
        }
        for (Path child : children) {
            String name = prefix + child.getFileName();
            if (name.equals(without) || prefix.isEmpty() && LEFT_OUT.contains(name) || Files.isSymbolicLink(child)) {
                continue;
            }
            add(tar, child, name);
            if (Files.isDirectory(child) && !(prefix.isEmpty() && WITHOUT_CONTENT.contains(name))) {
                walk(tar, child, name + "/", without);
            }
        }
    }

    private static void add(TarArchiveOutputStream tar, Path file, String name) throws IOException {
        byte[] content;
        PosixFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            content = attributes.isDirectory() ? new byte[0] : Files.readAllBytes(file);
        } catch (NoSuchFileException vanished) {
            return;
        }
        TarArchiveEntry entry = new TarArchiveEntry(
                attributes.isDirectory() ? name + "/" : name,
                attributes.isDirectory() ? TarConstants.LF_DIR : TarConstants.LF_NORMAL,
                true);
        entry.setSize(content.length);
        entry.setMode((int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777);
        entry.setUserId((int) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS));
        entry.setGroupId((int) Files.getAttribute(file, "unix:gid", LinkOption.NOFOLLOW_LINKS));
        entry.setLastModifiedTime(attributes.lastModifiedTime());
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}
