package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.sidecar.status.BackupReportTest;
import org.junit.jupiter.api.Test;

class BackupStatusTextTest {

    @Test
    void everythingThatIsKnownIsALine() {
        JsonNode report = new ObjectMapper().valueToTree(BackupReportTest.full());
        assertThat(BackupStatusText.lines(report))
                .extracting(line -> line.title() + ": " + line.text())
                .containsExactly(
                        "Backup runs: backup-2, uploading data 25%, 25.0 MiB, 0:01:15 left",
                        "Last backup: backup-1 at 2031-04-05T06:51:40Z: FAILED, the store said <no>",
                        "Backups: 0 restorable, 0 failed, 1 unreadable",
                        "Recoverable: not yet: there is no backup",
                        "WAL: 1000 objects, 5.0 GiB",
                        "Missing: 000000010000000000000005 to 000000010000000000000006, breaks recovery",
                        "Unrecoverable: 20310404T000000: lacks WAL",
                        "Retention: REDUNDANCY 3 at 2031-04-05T07:00:00Z: 1 backups, 200 WAL files deleted, 2 REFUSED",
                        "Verified: 12 objects at 2031-04-05T07:00:00Z, 1 DAMAGED",
                        "Maintenance: FAILED, inventory: away");
    }

    @Test
    void nothingKnownIsNoLine() throws Exception {
        assertThat(BackupStatusText.lines(new ObjectMapper().readTree("{}"))).isEmpty();
    }
}
