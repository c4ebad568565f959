package io.walarchiver.bench.demo;

import io.walarchiver.bench.postgres.PostgresServer;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * What PostgreSQL says about its WAL.
 *
 * @param insert        where the next record goes
 * @param segment       the segment that holds it
 * @param lastArchived  the last file for which the archive command said yes
 * @param archivedCount how often it said yes
 * @param failedCount   how often it failed
 */
record ServerState(
        Lsn insert, WalSegmentName segment, Optional<WalFileName> lastArchived, long archivedCount, long failedCount) {

    static ServerState of(Connection connection, SegmentSize size) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text,"
                        + " last_archived_wal, archived_count, failed_count,"
                        + " (SELECT timeline_id FROM pg_control_checkpoint()) FROM pg_stat_archiver")) {
            result.next();
            Lsn insert = Lsn.parse(result.getString(1));
            return new ServerState(
                    insert,
                    WalSegmentName.containing(new Timeline(result.getInt(5)), insert, size),
                    Optional.ofNullable(result.getString(2)).map(WalFileName::parse),
                    result.getLong(3),
                    result.getLong(4));
        }
    }

    static ServerState of(PostgresServer server, SegmentSize size) throws SQLException {
        try (Connection connection = server.connect()) {
            return of(connection, size);
        }
    }

    /** Segments that are complete and have not been archived yet. */
    long behind(SegmentSize size) {
        long complete = segment.start(size).value() / size.bytes() - 1;
        long archived = lastArchived
                .flatMap(ServerState::segmentOf)
                .map(last -> last.start(size).value() / size.bytes())
                .orElse(0L);
        return Math.max(0, complete - archived);
    }

    /** The segment a file is or belongs to. */
    static Optional<WalSegmentName> segmentOf(WalFileName name) {
        if (name instanceof WalFileName.Segment s) {
            return Optional.of(s.segment());
        }
        return name instanceof WalFileName.BackupHistoryFile b ? Optional.of(b.segment()) : Optional.empty();
    }
}
