package io.walarchiver.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupRemains;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.retention.BackupDecision.Reason;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Decisions one by one. Backups are named by the day of May on which they were taken and ended. */
class RetentionPlanTest {

    private static final Instant NOW = Instant.parse("2031-05-20T12:00:00Z");

    private final List<CatalogEntry> catalog = new ArrayList<>();
    private final List<BackupRemains> remains = new ArrayList<>();
    private final Map<Timeline, TimelineHistory> histories = new HashMap<>();

    @Test
    void aWindowKeepsOneBackupBeforeItsStart() {
        add(backup(1, 1), backup(5, 5), backup(12, 12), backup(18, 18));
        RetentionPlan plan = plan("10d");
        assertThat(reasons(plan)).containsExactly("1 OBSOLETE", "5 COVERS_WINDOW_START", "12 VALID", "18 VALID");
        assertThat(plan.decisions().get(0).explanation()).contains("2031-05-01", "2031-05-10");
        assertThat(verdicts(plan, 1, 4, 5, 19)).containsExactly("-", "-", "+", "+");
        assertThat(plan.notes()).isEmpty();
    }

    @Test
    void aWindowThatEndsExactlyWithABackupContainsIt() {
        add(backup(5, 5), backup(10, 10), backup(15, 15));
        Instant end = Instant.parse("2031-05-10T00:01:00Z");
        assertThat(reasons(plan("10d", 0, end.plus(Duration.ofDays(10)))))
                .containsExactly("5 COVERS_WINDOW_START", "10 VALID", "15 VALID");
        assertThat(reasons(plan("10d", 0, end.plus(Duration.ofDays(10)).plusNanos(1))))
                .containsExactly("5 OBSOLETE", "10 COVERS_WINDOW_START", "15 VALID");
    }

    @Test
    void theNewestBackupStaysHoweverOld() {
        add(backup(1, 1), backup(2, 2));
        assertThat(reasons(plan("1d"))).containsExactly("1 OBSOLETE", "2 COVERS_WINDOW_START");
    }

    @Test
    void redundancyCountsFromTheNewest() {
        add(backup(1, 1), backup(2, 2), backup(3, 3));
        assertThat(reasons(plan("REDUNDANCY 2"))).containsExactly("1 OBSOLETE", "2 VALID", "3 VALID");
        assertThat(reasons(plan("REDUNDANCY 5"))).containsExactly("1 VALID", "2 VALID", "3 VALID");
    }

    @Test
    void theMinimumRedundancyRaisesAPolicy() {
        add(backup(1, 1), backup(2, 2), backup(3, 3), backup(4, 4));
        assertThat(reasons(plan("REDUNDANCY 1", 2, NOW)))
                .containsExactly("1 OBSOLETE", "2 OBSOLETE", "3 MINIMUM_REDUNDANCY", "4 VALID");
        assertThat(reasons(plan("1d", 3, NOW)))
                .containsExactly("1 OBSOLETE", "2 MINIMUM_REDUNDANCY", "3 MINIMUM_REDUNDANCY", "4 COVERS_WINDOW_START");
        assertThatIllegalArgumentException().isThrownBy(() -> plan("1d", -1, NOW));
    }

    @Test
    void aPolicyThatDeletesEverythingSaysSoLoudly() {
        add(backup(1, 1), backup(2, 2));
        RetentionPlan plan = plan("REDUNDANCY 0");
        assertThat(plan.deletesEveryBackup()).isTrue();
        assertThat(plan.notes()).singleElement().asString().contains("THIS DELETES EVERY BACKUP", "REDUNDANCY 0");
        assertThat(verdicts(plan, 1, 2, 9)).containsExactly("-", "+", "+");
        assertThat(plan("REDUNDANCY 1").deletesEveryBackup()).isFalse();
        assertThat(plan("REDUNDANCY 0", 1, NOW).deletesEveryBackup()).isFalse();
        catalog.clear();
        assertThat(plan("REDUNDANCY 0").deletesEveryBackup()).isFalse();
    }

    @Test
    void onlyFinishedBackupsAreJudgedAndCounted() {
        add(backup(1, 1), backup(2, 2), backup(3, 3).failed(), backup(4, 4).set("status", "STARTED"));
        add(backup(5, 5).set("status", "WHATEVER"));
        assertThat(reasons(plan("REDUNDANCY 1")))
                .containsExactly("1 OBSOLETE", "2 VALID", "3 NOT_DONE", "4 NOT_DONE", "5 NOT_DONE");
    }

    @Test
    void aDamagedRecordStopsEverything() {
        add(backup(1, 1), backup(2, 2));
        catalog.add(new CatalogEntry.Damaged(id(3), "base/3/backup.info: line 7", Optional.empty()));
        catalog.add(new CatalogEntry.Damaged(id(4), "base/4/backup.info: line 8", Optional.empty()));
        assertThatThrownBy(() -> plan("REDUNDANCY 1"))
                .isInstanceOf(RetentionException.CatalogDamaged.class)
                .hasMessageContainingAll(
                        "base/3/backup.info: line 7", "base/4/backup.info: line 8", "nothing is deleted");
        assertThatThrownBy(() -> deletion(1, 0)).isInstanceOf(RetentionException.CatalogDamaged.class);
    }

    @Test
    void aFinishedBackupWithoutEndStopsAWindow() {
        add(backup(1, 1), backup(2, 2).set("end_time", "None"), backup(3, 3));
        assertThatThrownBy(() -> plan("1d"))
                .isInstanceOf(RetentionException.CatalogDamaged.class)
                .hasMessageContainingAll(id(2).value(), "end_time");
        // For redundancy it does not matter, but such a backup does not count.
        assertThat(reasons(plan("REDUNDANCY 2"))).containsExactly("1 VALID", "2 VALID", "3 VALID");
    }

    @Test
    void aPinnedBackupStaysAndCounts() {
        add(backup(1, 1).keep("full"), backup(2, 2), backup(3, 3).keep("standalone"));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(reasons(plan)).containsExactly("1 PINNED", "2 OBSOLETE", "3 VALID");
        assertThat(verdicts(plan, 0, 1, 2, 3)).containsExactly("+", "+", "+", "+");
    }

    @Test
    void aStandaloneBackupKeepsItsOwnWalOnlyOncePolicyLetsItGo() {
        add(backup(1, 1), backup(2, 4).end(segment(1, 6)).keep("standalone"), backup(3, 9), backup(4, 12));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(verdicts(plan, 1, 3, 4, 5, 6, 7, 11, 12)).containsExactly("-", "-", "+", "+", "+", "-", "-", "+");
        assertThat(verdict(plan, segment(1, 4) + ".00000028.backup")).isEqualTo("+");
        assertThat(verdict(plan, segment(1, 7) + ".partial")).isEqualTo("-");
        // As long as it is valid it is a backup like others.
        assertThat(verdicts(plan("REDUNDANCY 3"), 1, 3, 4, 7, 11)).containsExactly("-", "-", "+", "+", "+");
    }

    @Test
    void aStandaloneBackupThatDoesNotTellItsEndKeepsEverythingSince() {
        for (String end : List.of("None", segment(2, 6), segment(1, 3))) {
            catalog.clear();
            add(backup(1, 1), backup(2, 4).set("end_wal", end).keep("standalone"), backup(4, 12));
            assertThat(verdicts(plan("REDUNDANCY 1"), 3, 4, 7, 11)).as(end).containsExactly("-", "+", "+", "+");
        }
    }

    @Test
    void walSinceTheNewestBackupStaysWhateverItsMark() {
        add(backup(1, 1), backup(2, 4).keep("standalone"));
        RetentionPlan plan = plan("REDUNDANCY 0");
        assertThat(reasons(plan)).containsExactly("1 OBSOLETE", "2 PINNED");
        assertThat(verdicts(plan, 3, 4, 5, 99)).containsExactly("-", "+", "+", "+");
    }

    @Test
    void withoutADeletionNoWalGoes() {
        add(backup(18, 18));
        RetentionPlan plan = plan("7d");
        assertThat(verdicts(plan, 1)).containsExactly("+");
        assertThat(plan.judge(WalFileName.parse(segment(1, 1))).explanation()).contains("no backup goes");
    }

    @Test
    void idsThatAreNotInTheOrderOfTimeDoNotCostABackupInsideTheWindow() {
        // The first was written by a host two hours ahead of UTC, so it has the greater id.
        add(
                done("20310510T130000", 1, 8, "2031-05-10T11:30:00Z"),
                done("20310510T120000", 1, 9, "2031-05-10T12:30:00Z"));
        assertThat(reasons(plan("10d"))).containsExactly("10 VALID", "10 COVERS_WINDOW_START");
    }

    @Test
    void anIncompleteBackupDoesNotCount() {
        add(backup(1, 1), backup(2, 2));
        add(incomplete(3));
        RetentionPlan plan = plan("REDUNDANCY 2");
        assertThat(reasons(plan)).containsExactly("1 VALID", "2 VALID", "3 INCOMPLETE");
        assertThat(plan.notes()).singleElement().asString().contains(id(3).value(), "data");
        assertThat(reasons(plan("7d"))).containsExactly("1 OBSOLETE", "2 COVERS_WINDOW_START", "3 INCOMPLETE");
    }

    @Test
    void anIncompleteBackupThatIsObsoleteGoes() {
        add(incomplete(1));
        add(backup(2, 2), backup(3, 3));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(reasons(plan)).containsExactly("1 OBSOLETE", "2 OBSOLETE", "3 VALID");
        assertThat(plan.notes()).isEmpty();
    }

    @Test
    void snapshotsStayAndDoNotCount() {
        add(backup(1, 1).set("snapshots_info", "{'provider': 'aws'}"), backup(2, 2), backup(3, 3));
        add(backup(4, 4).set("snapshots_info", "{'provider': 'aws'}"));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(reasons(plan)).containsExactly("1 SNAPSHOT", "2 OBSOLETE", "3 VALID", "4 SNAPSHOT");
        assertThat(verdicts(plan, 0, 1, 2)).containsExactly("+", "+", "+");
        assertRefused(1, 0, Reason.SNAPSHOT, "volume snapshots");
    }

    @Test
    void whatAnIncrementalBackupIsBasedOnStaysWithIt() {
        add(backup(1, 1), backup(2, 2), backup(3, 3).set("parent_backup_id", id(2).value()));
        add(backup(4, 4).set("parent_backup_id", id(3).value()), backup(5, 5));
        assertThat(reasons(plan("REDUNDANCY 1")))
                .containsExactly("1 OBSOLETE", "2 OBSOLETE", "3 OBSOLETE", "4 OBSOLETE", "5 VALID");
        catalog.remove(4);
        // Nothing newer can be restored by itself, so all of the chain is needed.
        assertThat(reasons(plan("REDUNDANCY 1"))).containsExactly("1 OBSOLETE", "2 VALID", "3 VALID", "4 VALID");
        catalog.clear();
        add(backup(1, 1), backup(2, 2), backup(3, 3), backup(4, 4).set("parent_backup_id", id(2).value()));
        assertThat(reasons(plan("REDUNDANCY 1")))
                .containsExactly("1 OBSOLETE", "2 NEEDED_BY_INCREMENTAL", "3 VALID", "4 VALID");
        assertRefused(2, 0, Reason.NEEDED_BY_INCREMENTAL, id(4).value());
    }

    @Test
    void incrementalBackupsThatNameEachOtherAreNoEndlessLoop() {
        add(backup(1, 1).set("parent_backup_id", id(2).value()), backup(2, 2).set("parent_backup_id", id(1).value()));
        assertThat(reasons(plan("REDUNDANCY 1"))).containsExactly("1 VALID", "2 VALID");
    }

    @Test
    void walOfDescendantTimelinesStays() {
        add(backup(1, 1), done("20310502T000000", 1, 5, "2031-05-02T00:01:00Z"));
        add(done("20310519T000000", 4, 14, "2031-05-19T00:01:00Z"));
        // 2 leaves 1 before the backup, 3 leaves it behind; nobody knows of 4 but that there is a backup.
        history(2, "1 0/3000100");
        history(3, "1 0/8000100");
        RetentionPlan plan = plan("REDUNDANCY 2");
        assertThat(verdicts(plan, 4, 5, 99)).containsExactly("-", "+", "+");
        assertThat(onTimeline(plan, 2, 3, 9, 99)).containsExactly("-", "-", "-");
        assertThat(onTimeline(plan, 3, 4, 5, 8, 99)).containsExactly("-", "+", "+", "+");
        assertThat(onTimeline(plan, 4, 4, 5, 99)).containsExactly("-", "+", "+");
        assertThat(onTimeline(plan, 5, 0, 99)).containsExactly("+", "+");
    }

    @Test
    void aTimelineThatLeavesInTheSegmentOfTheStartIsKept() {
        add(backup(1, 1), backup(2, 5), done("20310519T000000", 3, 14, "2031-05-19T00:01:00Z"));
        history(2, "1 0/5000000");
        assertThat(onTimeline(plan("REDUNDANCY 2"), 2, 5, 6)).containsExactly("+", "+");
    }

    @Test
    void historyFilesAlwaysStay() {
        add(backup(1, 1), done("20310519T000000", 3, 14, "2031-05-19T00:01:00Z"));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(verdict(plan, "00000001.history")).isEqualTo("+");
        assertThat(verdict(plan, "00000002.history")).isEqualTo("+");
        assertThat(verdict(plan, segment(1, 9))).isEqualTo("-");
    }

    @Test
    void aRecordThatContradictsItselfKeepsTheMore() {
        add(backup(1, 1), backup(2, 9).set("begin_xlog", "0/6000028").set("timeline", "2"));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(verdicts(plan, 5, 6, 9)).containsExactly("-", "+", "+");
        assertThat(onTimeline(plan, 2, 5, 6)).containsExactly("-", "+");
    }

    @Test
    void aBackupThatDoesNotTellItsStartKeepsAllWal() {
        add(backup(1, 1), backup(2, 2).set("begin_wal", "None").set("begin_xlog", "None"), backup(3, 3));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(reasons(plan)).containsExactly("1 OBSOLETE", "2 OBSOLETE", "3 VALID");
        assertThat(verdicts(plan, 1, 2, 3)).containsExactly("-", "-", "+");
        assertThat(verdicts(plan("REDUNDANCY 2"), 1, 2, 3)).containsExactly("+", "+", "+");
        catalog.remove(2);
        assertThat(verdicts(plan("REDUNDANCY 0"), 1, 2, 3)).containsExactly("+", "+", "+");
    }

    @Test
    void aBackupInProgressKeepsItsWal() {
        add(backup(1, 1), backup(2, 5).set("status", "STARTED").set("end_time", "None"), backup(3, 9));
        assertThat(verdicts(plan("REDUNDANCY 1"), 4, 5, 8, 9)).containsExactly("-", "+", "+", "+");
        add(backup(4, 12));
        RetentionPlan plan = plan("REDUNDANCY 1");
        assertThat(reasons(plan)).containsExactly("1 OBSOLETE", "2 NOT_DONE", "3 OBSOLETE", "4 VALID");
        assertThat(verdicts(plan, 4, 5, 12)).containsExactly("-", "+", "+");
        assertThat(plan.notes()).singleElement().asString().contains(id(2).value(), "STARTED");
    }

    @Test
    void leftoversAreReportedWhenTheyAreOld() {
        add(backup(1, 1).failed(), backup(2, 2), backup(20, 3).failed());
        add(done("20310501T010101", 1, 1, "2031-05-01T00:01:00Z").failed().set("begin_time", "None"));
        remains.add(new BackupRemains(id(3), 2, 12345, NOW.minus(Duration.ofDays(3))));
        remains.add(new BackupRemains(id(20), 1, 1, NOW.minusSeconds(60)));
        List<String> notes = plan("7d").notes();
        assertThat(notes).hasSize(3);
        assertThat(notes.get(0)).contains(id(1).value(), "failure uploading data (x)");
        assertThat(notes.get(1)).contains("20310501T010101");
        assertThat(notes.get(2)).contains(id(3).value(), "12345", "2 archives");
    }

    @Test
    void deletingByIdTakesTheWalBeforeTheNextBackup() {
        add(backup(1, 1), backup(2, 5), backup(3, 9));
        RetentionPlan plan = deletion(1, 0);
        assertThat(reasons(plan)).containsExactly("1 ASKED_FOR", "2 NOT_ASKED_FOR", "3 NOT_ASKED_FOR");
        assertThat(verdicts(plan, 0, 4, 5)).containsExactly("-", "-", "+");
        assertThat(verdicts(deletion(2, 0), 0, 4, 5, 8)).containsExactly("+", "+", "+", "+");
        assertThat(verdicts(deletion(3, 0), 0, 9)).containsExactly("+", "+");
    }

    @Test
    void deletingByIdLeavesOtherTimelinesAlone() {
        add(backup(1, 1), done("20310502T000000", 2, 5, "2031-05-02T00:01:00Z"));
        add(done("20310503T000000", 4, 9, "2031-05-03T00:01:00Z"));
        RetentionPlan plan = deletion(1, 0);
        assertThat(onTimeline(plan, 1, 0, 9)).containsExactly("+", "+");
        assertThat(onTimeline(plan, 2, 4, 5)).containsExactly("-", "+");
        assertThat(onTimeline(plan, 3, 0, 9)).containsExactly("+", "+");
        assertThat(onTimeline(plan, 4, 0, 9)).containsExactly("+", "+");
    }

    @Test
    void deletingByIdDoesNotTakeWalThatALaterBackupNeeds() {
        // The second backup began before the first one by position: two hosts whose clocks differ.
        add(backup(1, 1), backup(2, 9), backup(3, 5));
        assertThat(verdicts(deletion(1, 0), 4, 5, 8)).containsExactly("-", "+", "+");
    }

    @Test
    void deletingByIdIsRefusedWithTheReason() {
        add(backup(1, 1), backup(2, 5).keep("standalone"), backup(3, 9).failed());
        assertRefused(2, 0, Reason.PINNED, "release it first");
        assertRefused(1, 2, Reason.MINIMUM_REDUNDANCY, "at least 2");
        assertThat(deletion(1, 1).deletions()).hasSize(1);
        // A failed backup is none, so deleting it leaves as many as there were.
        assertThat(deletion(3, 2).deletions()).hasSize(1);
        assertThatThrownBy(() -> deletion(4, 0))
                .isInstanceOf(CatalogException.NoSuchBackup.class)
                .hasMessageContaining(id(4).value());
    }

    @Test
    void behindAStandaloneBackupDeletingByIdTakesNoWal() {
        add(backup(1, 1).keep("standalone"), backup(2, 5), backup(3, 9));
        assertThat(verdicts(deletion(2, 0), 0, 2, 5, 8)).containsExactly("+", "+", "+", "+");
    }

    private void assertRefused(int day, int minimumRedundancy, Reason reason, String message) {
        assertThatThrownBy(() -> deletion(day, minimumRedundancy))
                .isInstanceOfSatisfying(RetentionException.Refused.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(reason);
                    assertThat(refused).hasMessageContainingAll(id(day).value(), message);
                });
    }

    private void add(FakeBackup... backups) {
        for (FakeBackup backup : backups) {
            catalog.add(backup.entry());
        }
    }

    private void add(CatalogEntry entry) {
        catalog.add(entry);
    }

    private static CatalogEntry incomplete(int day) {
        CatalogEntry.Readable entry = backup(day, day).entry();
        return new CatalogEntry.Readable(entry.id(), entry.info(), entry.keep(), List.of(new Archive.Data()));
    }

    private static FakeBackup backup(int day, int segment) {
        return done(id(day).value(), 1, segment, "2031-05-%02dT00:01:00Z".formatted(day));
    }

    private static FakeBackup done(String id, int timeline, int segment, String end) {
        return FakeBackup.done(id, segment(timeline, segment), Instant.parse(end));
    }

    private static BackupId id(int day) {
        return new BackupId("203105%02dT000000".formatted(day));
    }

    private static String segment(int timeline, int segment) {
        return RetentionFixture.segment(timeline, 0, segment);
    }

    private void history(int timeline, String... lines) {
        Timeline id = new Timeline(timeline);
        histories.put(id, TimelineHistory.parse(id, String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
    }

    private RetentionPlan plan(String policy) {
        return plan(policy, 0, NOW);
    }

    private RetentionPlan plan(String policy, int minimumRedundancy, Instant now) {
        return RetentionPlan.ofPolicy(
                RetentionPolicy.parse(policy), minimumRedundancy, catalog, remains, histories, now);
    }

    private RetentionPlan deletion(int day, int minimumRedundancy) {
        return RetentionPlan.ofBackup(id(day), minimumRedundancy, catalog, histories);
    }

    private static List<String> reasons(RetentionPlan plan) {
        return plan.decisions().stream()
                .map(decision -> Integer.parseInt(decision.id().value().substring(6, 8)) + " " + decision.reason())
                .toList();
    }

    private static List<String> verdicts(RetentionPlan plan, int... segments) {
        return onTimeline(plan, 1, segments);
    }

    private static List<String> onTimeline(RetentionPlan plan, int timeline, int... segments) {
        List<String> verdicts = new ArrayList<>();
        for (int segment : segments) {
            verdicts.add(verdict(plan, segment(timeline, segment)));
        }
        return verdicts;
    }

    private static String verdict(RetentionPlan plan, String name) {
        return plan.judge(WalFileName.parse(name)).isDeletion() ? "-" : "+";
    }
}
