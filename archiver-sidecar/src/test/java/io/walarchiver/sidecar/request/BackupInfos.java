package io.walarchiver.sidecar.request;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Records of backups for tests. */
public final class BackupInfos {

    private BackupInfos() {}

    /** A backup on timeline 10, from 06:07:08 to 06:09:59 on the fifth of April 2031. */
    public static BackupInfo done() {
        return info(BackupStatus.DONE, position("2031-04-05T06:07:08Z", "2/3F000028"), Optional.empty());
    }

    /** A backup that broke off. */
    public static BackupInfo failed(String error) {
        return info(BackupStatus.FAILED, LogPosition.UNKNOWN, Optional.of(error));
    }

    private static BackupInfo info(BackupStatus status, LogPosition begin, Optional<String> error) {
        return new BackupInfo(
                status,
                Optional.of("backup-20310405060708"),
                error,
                begin,
                status == BackupStatus.DONE ? position("2031-04-05T06:09:59Z", "2/3F000138") : LogPosition.UNKNOWN,
                Optional.of(new Timeline(10)),
                OptionalInt.of(170004),
                Optional.of("7300000000000000001"),
                SegmentSize.DEFAULT.bytes(),
                Optional.of("/var/lib/postgresql/data/pgdata"),
                List.of(new TablespaceLocation("hot", 16384, "/srv/hot")),
                Map.of(),
                List.of(),
                Optional.of("START WAL LOCATION: 2/3F000028"),
                Optional.of(1L << 30),
                Collections.emptySortedMap());
    }

    private static LogPosition position(String time, String lsn) {
        Lsn parsed = Lsn.parse(lsn);
        return new LogPosition(
                Optional.of(Instant.parse(time)),
                Optional.of(parsed),
                Optional.of(WalSegmentName.containing(new Timeline(10), parsed, SegmentSize.DEFAULT)),
                OptionalLong.of(parsed.value() % SegmentSize.DEFAULT.bytes()));
    }
}
