package io.walarchiver.sidecar.request;

import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Backups for tests. */
public final class CompletedBackups {

    private CompletedBackups() {}

    /** On timeline 10, from 06:07:08 to 06:09:59 on the fifth of April 2031. */
    public static CompletedBackup taken() {
        return new CompletedBackup(
                new BackupId("20310405T060709"),
                Optional.of("backup-20310405060708"),
                170004,
                7_300_000_000_000_000_001L,
                new Timeline(10),
                Instant.parse("2031-04-05T06:07:08Z"),
                Instant.parse("2031-04-05T06:09:59Z"),
                Lsn.parse("2/3F000028"),
                Lsn.parse("2/3F000138"),
                WalSegmentName.parse("0000000A000000020000003F"),
                WalSegmentName.parse("0000000A000000020000003F"),
                false,
                List.of(),
                "START WAL LOCATION: 2/3F000028",
                100,
                4_000_000,
                1_000_000,
                Duration.ofSeconds(171),
                0);
    }
}
