package io.walarchiver.sidecar.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.progress.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The part of {@code /status} about base backups, as JSON and as a page. */
public class BackupReportTest {

    private static final Instant NOW = Instant.parse("2031-04-05T07:00:00Z");

    /** A report in which everything is said. */
    public static BackupReport full() {
        BackupActivity activity = new BackupActivity();
        activity.ended(new BackupActivity.Last(
                "backup-1",
                "db",
                Optional.of("20310405T050000"),
                NOW.minusSeconds(600),
                NOW.minusSeconds(500),
                Optional.of("the store said <no>"),
                10,
                5,
                0));
        activity.started("backup-2", "db", NOW.minusSeconds(60));
        activity.identified("20310405T065900");
        activity.progressed(new Progress("uploading data", 25 << 20, 0, 100 << 20, Duration.ofSeconds(25)));
        return BackupReport.of(
                activity,
                new MaintenanceStatus(
                        Optional.of(true),
                        Optional.of(NOW),
                        Optional.of("inventory: away"),
                        Optional.of(CatalogSummary.of(
                                List.<CatalogEntry>of(new CatalogEntry.Damaged(
                                        new BackupId("20310404T000000"), "line 1 has no =", Optional.empty())),
                                NOW)),
                        Optional.of(new RetentionSummary(NOW, "REDUNDANCY 3", 1, 200, 2, List.of("locked"))),
                        Optional.of(new InventorySummary(
                                NOW,
                                1000,
                                5L << 30,
                                List.of(new InventorySummary.Gap(
                                        "000000010000000000000005", "000000010000000000000006", 2, "breaks_recovery")),
                                1,
                                0,
                                List.of("20310404T000000: lacks WAL"))),
                        Optional.of(new VerifySummary(
                                NOW, Duration.ofSeconds(90), 12, 3L << 30, 1, List.of("data.tar: cut off")))));
    }

    @Test
    void jsonHasEverythingUnderNamesThatStay() {
        JsonNode json = new ObjectMapper().valueToTree(full());

        assertThat(json.at("/running/name").asText()).isEqualTo("backup-2");
        assertThat(json.at("/running/id").asText()).isEqualTo("20310405T065900");
        assertThat(json.at("/running/fraction").asDouble()).isEqualTo(0.25);
        assertThat(json.at("/running/remainingSeconds").asLong()).isEqualTo(75);
        assertThat(json.at("/last/done").asBoolean(true)).isFalse();
        assertThat(json.at("/catalog/unreadable").asInt()).isEqualTo(1);
        assertThat(json.at("/catalog/newest/0/problem").asText()).isEqualTo("line 1 has no =");
        assertThat(json.at("/wal/gaps/0/effect").asText()).isEqualTo("breaks_recovery");
        assertThat(json.at("/retention/refused").asInt()).isEqualTo(2);
        assertThat(json.at("/verification/damaged").asInt()).isEqualTo(1);
        assertThat(json.path("primary").asBoolean()).isTrue();
        assertThat(json.path("lastFailure").asText()).isEqualTo("inventory: away");
    }

    @Test
    void whatIsNotKnownIsLeftOut() {
        JsonNode json =
                new ObjectMapper().valueToTree(BackupReport.of(new BackupActivity(), MaintenanceStatus.UNKNOWN));
        assertThat(json.isEmpty()).isTrue();
    }

    @Test
    void pageShowsItAllAndEscapesIt() {
        StringBuilder page = new StringBuilder();
        BackupPage.append(page, full());
        assertThat(page.toString())
                .contains("backup-2, uploading data 25%, 25.0 MiB, 0:01:15 left")
                .contains("the store said &lt;no&gt;")
                .contains("20310404T000000")
                .contains("000000010000000000000005 to 000000010000000000000006, 2 segments, breaks recovery")
                .contains("REDUNDANCY 3: 1 backups and 200 WAL files deleted, 2 refused")
                .contains("12 objects, 3.0 GiB, 1 damaged")
                .contains("inventory: away")
                .doesNotContain("<no>");
    }

    @Test
    void pageOfAServiceThatHasJustStartedSaysSo() {
        StringBuilder page = new StringBuilder();
        BackupPage.append(page, BackupReport.of(new BackupActivity(), MaintenanceStatus.UNKNOWN));
        assertThat(page.toString())
                .contains("The catalog was not looked at yet")
                .contains("not known yet");
    }
}
