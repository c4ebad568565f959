package io.walarchiver.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.wal.WalFileName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

@Timeout(300)
class RetentionRunTest {

    private static final Instant NOW = Instant.parse("2031-05-20T12:00:00Z");
    private static final String ONE = "20310501T000000";
    private static final String TWO = "20310502T000000";
    private static final String THREE = "20310503T000000";

    private final RetentionFixture archive = RetentionFixture.empty();

    @Test
    void nothingIsLeftOfABackupThatGoes() {
        archive.place(backup(ONE, 3)
                .archives(
                        "data.tar.gz",
                        "data_0001.tar.gz",
                        "16384.tar.gz",
                        "16384_0001.tar.gz",
                        "manifest.json",
                        "sub/x"));
        archive.place(backup(TWO, 6));
        archive.place(backup(ONE + "x", 3).archives("data.tar").set("status", "FAILED"));
        archive.wal(1, 0, 1, 9);
        SortedSet<String> before = archive.keys();
        RetentionPlan plan = archive.plan("REDUNDANCY 1", 0, NOW);
        SortedSet<String> planned = new TreeSet<>(archive.plannedKeys(plan));
        RetentionReport report = archive.run(plan);
        assertThat(report.deletedBackups()).containsExactly(new BackupId(ONE));
        assertThat(report.deletedFiles()).isEqualTo(7);
        assertThat(report.deletedWal()).isEqualTo(5);
        assertThat(report.deletedWalBytes()).isEqualTo(5);
        assertThat(report.isComplete()).isTrue();
        before.removeAll(archive.keys());
        assertThat(before).isEqualTo(planned).hasSize(12);
        assertThat(archive.keys()).noneMatch(key -> key.startsWith("B:" + ONE + "/"));
        assertThat(archive.keys()).anyMatch(key -> key.startsWith("B:" + ONE + "x/"));
    }

    @Test
    void bothSpellingsOfAWalFileGoAndWhatIsNoWalStays() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 6));
        String two = RetentionFixture.segment(1, 0, 2);
        archive.wal(two, two + ".gz", two + ".zst", two + ".partial.zst", two + ".00000028.backup.gz");
        List<String> foreign = List.of(
                "0000000100000000/" + two + ".tmp",
                "0000000100000000/readme.txt",
                "0000000100000000/sub/" + two,
                "0000000200000000/" + two,
                "elsewhere/" + two,
                two.substring(0, 16) + "/" + two.toLowerCase(Locale.ROOT) + "x",
                "stray");
        foreign.forEach(archive::wal);
        archive.history(2, "1\t0/9000000");
        RetentionReport report = archive.run(archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(report.deletedWal()).isEqualTo(5);
        assertThat(archive.keys()).containsAll(foreign).contains("00000002.history");
    }

    @Test
    void aPlanWithoutDeletionsAsksTheStoreForNothing() {
        archive.place(backup(ONE, 3));
        archive.wal(1, 0, 1, 9);
        RetentionPlan plan = archive.plan("7d", 0, NOW);
        long requests = archive.memory.requests();
        assertThat(archive.run(plan)).isEqualTo(RetentionReport.NOTHING);
        assertThat(archive.ranges(plan)).isEmpty();
        assertThat(archive.memory.requests() - requests)
                .as("only what showing the ranges takes")
                .isLessThanOrEqualTo(1);
        assertThat(archive.memory.requests(StoreOperation.DELETE_BATCH)).isZero();
    }

    @Test
    void theMainArchiveGoesFirstAndTheRecordLast() {
        archive.place(backup(ONE, 3).archives("16384.tar", "data.tar", "data_0001.tar"));
        archive.place(backup(TWO, 6));
        archive.place(backup(THREE, 9));
        archive.wal(1, 0, 1, 9);
        UnreliableStore store = new UnreliableStore(archive.memory);
        RetentionReport report = archive.run(store, archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(report.isComplete()).isTrue();
        assertThat(store.deletes().stream()
                        .map(keys -> keys.stream()
                                .map(key -> RetentionFixture.brief(key.value()))
                                .map(key -> key.startsWith("B:") ? key : "WAL")
                                .distinct()
                                .collect(Collectors.joining(" ")))
                        .toList())
                .containsExactly(
                        "B:" + ONE + "/data.tar",
                        "B:" + ONE + "/16384.tar B:" + ONE + "/data_0001.tar",
                        "B:" + TWO + "/data.tar",
                        "WAL",
                        "B:" + ONE + "/backup.info",
                        "B:" + TWO + "/backup.info");
    }

    @Test
    void ofTwoMainArchivesTheOneThatCountsGoesLast() {
        archive.place(backup(ONE, 3).archives("data.tar.gz", "data.tar"));
        archive.place(backup(TWO, 6));
        UnreliableStore store =
                new UnreliableStore(archive.memory).locking(key -> key.name().equals("data.tar.gz"));
        // data.tar was stored last, or at the same time and is first by name: it must not go while the other stays.
        RetentionReport report = archive.run(store, archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(report.deletedBackups()).isEmpty();
        List<String> left = archive.keys().stream()
                .filter(key -> key.startsWith("B:" + ONE))
                .toList();
        assertThat(left).contains("B:" + ONE + "/data.tar.gz", "B:" + ONE + "/backup.info");
        assertThat(archive.catalog(archive.memory)
                        .files(new BackupId(ONE))
                        .blockOptional()
                        .orElseThrow())
                .singleElement()
                .satisfies(file -> assertThat(left)
                        .contains(RetentionFixture.brief(file.key().value())));
    }

    @Test
    void aRunThatIsKilledAnywhereLeavesNoBackupThatOnlyLooksWholeAndTheNextOneEndsIt() {
        for (String policy : List.of("REDUNDANCY 1", "REDUNDANCY 0", "7d")) {
            RetentionFixture whole = killable();
            RetentionReport uninterrupted = whole.run(whole.plan(policy, 0, NOW));
            assertThat(uninterrupted.isComplete()).isTrue();
            long keys = uninterrupted.deletedFiles() + uninterrupted.deletedWal();
            assertThat(keys).isGreaterThan(10);
            for (long killedAfter = 1; killedAfter <= keys; killedAfter++) {
                RetentionFixture killed = killable();
                killAndFinish(killed, policy, killedAfter);
                assertThat(killed.keys())
                        .as(policy + ", killed after " + killedAfter)
                        .isEqualTo(whole.keys());
            }
        }
    }

    private static RetentionFixture killable() {
        RetentionFixture archive = RetentionFixture.empty();
        archive.place(
                backup(ONE, 3).archives("data.tar", "data_0001.tar", "17.tar").set("tablespaces", "[('a', 17, '/a')]"));
        archive.place(backup(TWO, 6).keep("standalone"));
        archive.place(backup(THREE, 8).archives("data.tar", "data_0001.tar"));
        archive.place(backup("20310504T000000", 10));
        archive.place(FakeBackup.done("20310519T000000", RetentionFixture.segment(2, 0, 13), NOW));
        archive.wal(1, 0, 1, 12);
        archive.wal(2, 0, 12, 15);
        archive.history(2, "1\t0/C000100\tx");
        return archive;
    }

    /** Invariants after the kill; then runs as often as it takes, which is once. */
    private static void killAndFinish(RetentionFixture archive, String policy, long killedAfter) {
        RetentionPlan plan = archive.plan(policy, 0, NOW);
        SortedSet<String> before = archive.keys();
        UnreliableStore store = new UnreliableStore(archive.memory).dyingAfter(killedAfter);
        assertThatThrownBy(() -> archive.run(store, plan)).isInstanceOf(StoreException.Unavailable.class);
        assertThat(store.isDead()).isTrue();
        SortedSet<String> after = archive.keys();
        List<CatalogEntry> entries = archive.catalog(archive.memory)
                .list()
                .collectList()
                .blockOptional()
                .orElseThrow();
        for (CatalogEntry entry : entries) {
            CatalogEntry.Readable readable = (CatalogEntry.Readable) entry;
            if (readable.isRestorable()) {
                String prefix = "B:" + entry.id() + "/";
                assertThat(below(after, prefix)).as("files of " + entry.id()).isEqualTo(below(before, prefix));
            }
        }
        for (BackupDecision decision : plan.decisions()) {
            if (!decision.isDeletion()) {
                String prefix = "B:" + decision.id() + "/";
                assertThat(below(after, prefix))
                        .isEqualTo(below(before, prefix))
                        .isNotEmpty();
            }
        }
        for (String key : before) {
            if (!key.startsWith("B:") && !after.contains(key)) {
                String name = key.substring(key.lastIndexOf('/') + 1);
                assertThat(plan.judge(WalFileName.parse(name)).isDeletion())
                        .as(key)
                        .isTrue();
            }
        }
        RecoveryWindow window = RecoveryWindow.of(entries);
        window.firstRecoverabilityPoint()
                .ifPresent(first -> assertThat(entries.stream()
                                .filter(entry -> ((CatalogEntry.Readable) entry)
                                        .missingArchives()
                                        .isEmpty())
                                .anyMatch(entry -> ((CatalogEntry.Readable) entry)
                                        .info()
                                        .end()
                                        .time()
                                        .equals(window.firstRecoverabilityPoint())))
                        .isTrue());
        assertThat(archive.run(archive.plan(policy, 0, NOW)).isComplete()).isTrue();
    }

    private static List<String> below(Set<String> keys, String prefix) {
        return keys.stream().filter(key -> key.startsWith(prefix)).toList();
    }

    @Test
    void theDeletionOfOneBackupIsEndedByAskingAgain() {
        RetentionFixture whole = killable();
        RetentionReport uninterrupted = whole.run(whole.planDeletion(ONE, 0));
        long keys = uninterrupted.deletedFiles() + uninterrupted.deletedWal();
        for (long killedAfter = 1; killedAfter < keys; killedAfter++) {
            RetentionFixture killed = killable();
            UnreliableStore store = new UnreliableStore(killed.memory).dyingAfter(killedAfter);
            assertThatThrownBy(() -> killed.run(store, killed.planDeletion(ONE, 0)))
                    .isInstanceOf(StoreException.Unavailable.class);
            assertThat(killed.run(killed.planDeletion(ONE, 5)).isComplete()).isTrue();
            assertThat(killed.keys()).isEqualTo(whole.keys());
        }
    }

    @Test
    void randomArchivesSurviveAKillAnywhere() {
        SplittableRandom random = new SplittableRandom(Long.getLong("property.seed", 4711));
        int killed = 0;
        for (int i = 0; i < 400; i++) {
            long seed = random.nextLong();
            RetentionFixture whole = place(RandomArchive.random(new SplittableRandom(seed)));
            String policy = RandomArchive.random(new SplittableRandom(seed)).policy();
            RetentionReport report = whole.run(whole.plan(policy, 0, NOW));
            long keys = report.deletedFiles() + report.deletedWal();
            if (keys == 0) {
                continue;
            }
            RetentionFixture fixture = place(RandomArchive.random(new SplittableRandom(seed)));
            killAndFinish(fixture, policy, 1 + new SplittableRandom(seed).nextLong(keys));
            assertThat(fixture.keys()).as("seed " + seed).isEqualTo(whole.keys());
            killed++;
        }
        assertThat(killed).isGreaterThan(100);
    }

    private static RetentionFixture place(RandomArchive random) {
        RetentionFixture fixture = RetentionFixture.empty();
        random.backups()
                .forEach(backup -> fixture.place(
                        backup.entry().missingArchives().isEmpty()
                                ? backup.fake()
                                : backup.fake().archives("data_0001.tar")));
        for (int timeline : random.timelines()) {
            fixture.wal(timeline, 0, random.switches().getOrDefault(timeline, 0), RandomArchive.SEGMENTS - 1);
            if (random.parents().containsKey(timeline) && !random.unknown().contains(timeline)) {
                fixture.history(
                        timeline,
                        random.trueHistory(timeline).ancestry().stream()
                                .map(step -> step.parent().id() + "\t" + step.switchPoint() + "\tx")
                                .toArray(String[]::new));
            }
        }
        return fixture;
    }

    @Test
    void aLockedBackupIsSkippedWholeAndKeepsItsWal() {
        archive.place(backup(ONE, 3).archives("data.tar", "data_0001.tar"));
        archive.place(backup(TWO, 6));
        archive.place(backup(THREE, 9));
        archive.wal(1, 0, 1, 9);
        UnreliableStore store =
                new UnreliableStore(archive.memory).locking(key -> key.value().endsWith(ONE + "/data.tar"));
        RetentionReport report = archive.run(store, archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(report.deletedBackups()).containsExactly(new BackupId(TWO));
        assertThat(report.skipped()).singleElement().asString().contains(ONE, "data.tar", "locked");
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.deletedWal()).isZero();
        assertThat(report.isComplete()).isFalse();
        assertThat(below(archive.keys(), "B:" + ONE)).hasSize(3);
        assertThat(entry(ONE).isRestorable()).isTrue();
        // Once the lock is gone, everything goes.
        assertThat(archive.run(archive.plan("REDUNDANCY 1", 0, NOW)).deletedWal())
                .isEqualTo(8);
    }

    @Test
    void theRecordStaysAsLongAsAFileDoes() {
        archive.place(backup(ONE, 3).archives("data.tar", "data_0001.tar", "data_0002.tar"));
        archive.place(backup(TWO, 6));
        archive.wal(1, 0, 1, 9);
        UnreliableStore store =
                new UnreliableStore(archive.memory).locking(key -> key.name().equals("data_0001.tar"));
        RetentionReport report = archive.run(store, archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(report.deletedBackups()).isEmpty();
        assertThat(below(archive.keys(), "B:" + ONE))
                .containsExactly("B:" + ONE + "/backup.info", "B:" + ONE + "/data_0001.tar");
        assertThat(entry(ONE).isRestorable()).isFalse();
        assertThat(archive.run(archive.plan("REDUNDANCY 1", 0, NOW)).isComplete())
                .isTrue();
        assertThat(below(archive.keys(), "B:" + ONE)).isEmpty();
    }

    @Test
    void aLockedRecordAndLockedWalAreReported() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 100));
        archive.wal(1, 0, 1, 99);
        UnreliableStore store = new UnreliableStore(archive.memory)
                .locking(key -> key.name().equals("backup.info") || key.name().compareTo(segment(50)) < 0);
        RetentionReport report = archive.run(store, archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(report.deletedBackups()).isEmpty();
        assertThat(report.deletedWal()).isEqualTo(50);
        assertThat(report.refused()).isEqualTo(50);
        assertThat(report.skipped()).hasSize(6).anyMatch(line -> line.contains("backup.info"));
    }

    private static String segment(int number) {
        return RetentionFixture.segment(1, 0, number);
    }

    @ParameterizedTest
    @EnumSource(
            value = StoreOperation.class,
            names = {"LIST", "LIST_PREFIXES", "GET", "DELETE_BATCH"})
    void aFailureOfTheStoreEndsTheRunAndTheNextOneGoesOn(StoreOperation operation) {
        RetentionFixture whole = killable();
        assertThat(whole.run(whole.plan("REDUNDANCY 1", 0, NOW)).isComplete()).isTrue();
        boolean failed = true;
        for (int failing = 0; failed; failing++) {
            RetentionFixture fixture = killable();
            RetentionPlan plan = fixture.plan("REDUNDANCY 1", 0, NOW);
            FaultyObjectStore faulty = new FaultyObjectStore(fixture.memory);
            for (int i = 0; i < failing; i++) {
                faulty.script(operation, Fault.pass());
            }
            faulty.script(operation, Fault.unavailable());
            try {
                assertThat(fixture.run(faulty, plan).isComplete()).isTrue();
                failed = false;
                assertThat(failing).isPositive();
            } catch (StoreException.Unavailable expected) {
                assertThat(fixture.run(fixture.plan("REDUNDANCY 1", 0, NOW)).isComplete())
                        .isTrue();
            }
            assertThat(fixture.keys()).isEqualTo(whole.keys());
        }
    }

    @Test
    void aBackupPinnedSinceThePlanStaysWithItsWal() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 6));
        archive.wal(1, 0, 1, 9);
        RetentionPlan plan = archive.plan("REDUNDANCY 1", 0, NOW);
        archive.catalog(archive.memory)
                .keep(new BackupId(ONE), KeepTarget.STANDALONE)
                .block();
        SortedSet<String> before = archive.keys();
        RetentionReport report = archive.run(plan);
        assertThat(report.skipped()).singleElement().asString().contains(ONE, "pinned");
        assertThat(archive.keys()).isEqualTo(before);
    }

    @Test
    void aRecordChangedSinceThePlanIsNotTheBackupThePlanMeant() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 6));
        RetentionPlan plan = archive.plan("REDUNDANCY 1", 0, NOW);
        archive.place(backup(ONE, 4));
        assertThat(archive.run(plan).skipped()).singleElement().asString().contains(ONE, "changed");
        assertThat(below(archive.keys(), "B:" + ONE)).hasSize(2);
        archive.object(RetentionFixture.LAYOUT.backupPrefix(ONE) + "backup.info", "damaged");
        assertThat(archive.run(plan).skipped()).singleElement().asString().contains(ONE, "changed");
    }

    @Test
    void aBackupThatIsGoneAlreadyIsNoProblem() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 6));
        archive.wal(1, 0, 1, 9);
        RetentionPlan plan = archive.plan("REDUNDANCY 1", 0, NOW);
        assertThat(archive.run(plan).isComplete()).isTrue();
        SortedSet<String> after = archive.keys();
        assertThat(archive.run(plan).isComplete()).isTrue();
        assertThat(archive.keys()).isEqualTo(after);
    }

    @Test
    void aBackupThatEndsWhileWalIsBeingDeletedKeepsWhatItNeeds() {
        archive.place(backup(ONE, 3));
        archive.place(FakeBackup.done(TWO, "000000010000000900000000", NOW.minusSeconds(100_000)));
        for (int log = 0; log < 9; log++) {
            archive.wal(1, log, 0, 255);
        }
        AtomicBoolean appeared = new AtomicBoolean();
        UnreliableStore store = new UnreliableStore(archive.memory).beforeDelete(keys -> {
            // While the first batch of WAL goes. It began long ago, on a host whose clock was behind.
            if (keys.size() > 100 && appeared.compareAndSet(false, true)) {
                archive.place(backup("20310501T000001", 0).begin("000000010000000600000010"));
            }
        });
        RetentionReport report = archive.run(store, archive.plan("REDUNDANCY 1", 0, NOW));
        assertThat(appeared).isTrue();
        assertThat(report.isComplete()).isTrue();
        assertThat(report.deletedWal()).isEqualTo(6 * 256 + 16);
        assertThat(archive.keys())
                .contains("0000000100000006/000000010000000600000010", "0000000100000008/0000000100000008000000FF")
                .doesNotContain("0000000100000006/00000001000000060000000F");
    }

    @Test
    void aRecordDamagedWhileWalIsBeingDeletedStopsIt() {
        archive.place(backup(ONE, 3));
        archive.place(FakeBackup.done(TWO, "000000010000000900000000", NOW.minusSeconds(100_000)));
        for (int log = 0; log < 9; log++) {
            archive.wal(1, log, 0, 255);
        }
        UnreliableStore store = new UnreliableStore(archive.memory).beforeDelete(keys -> {
            if (keys.size() > 100) {
                archive.object(RetentionFixture.LAYOUT.backupPrefix(THREE) + "backup.info", "damaged");
            }
        });
        RetentionPlan plan = archive.plan("REDUNDANCY 1", 0, NOW);
        assertThatThrownBy(() -> archive.run(store, plan))
                .isInstanceOf(RetentionException.CatalogDamaged.class)
                .hasMessageContaining(THREE + "/backup.info");
        assertThat(archive.keys().stream().filter(key -> !key.startsWith("B:")).count())
                .isEqualTo(9 * 256 - 1000);
        assertThat(below(archive.keys(), "B:" + ONE)).containsExactly("B:" + ONE + "/backup.info");
    }

    @Test
    void aMillionSegmentsAreNeverHeldAndDirectoriesThatStayAreNotListed() {
        int logs = 4096;
        archive.place(backup(ONE, 3));
        archive.place(FakeBackup.done(TWO, "0000000100000FA000000080", NOW));
        MillionSegments store = new MillionSegments(archive.memory, RetentionFixture.LAYOUT.walPrefix(), logs);
        RetentionPlan plan = archive.plan(store, "REDUNDANCY 1", 0, NOW);
        assertThat(store.listedKeys).as("planning looks into no directory").hasValue(0);
        assertThat(store.listedPrefixes).hasValue(logs);
        RetentionReport report = archive.run(store, plan);
        long deleted = 0xFA0L * MillionSegments.SEGMENTS + 0x80;
        assertThat(deleted).isGreaterThan(1_000_000);
        assertThat(report.deletedWal()).isEqualTo(deleted);
        assertThat(report.deletedWalBytes()).isEqualTo(deleted * 1000);
        assertThat(store.deletedKeys).hasValue(deleted);
        assertThat(store.largestBatch).hasValue(1000);
        assertThat(store.deleteRequests).hasValue((deleted + 999) / 1000);
        assertThat(store.listedDirectories).hasValue(0xFA1);
        assertThat(store.mostHeld.get())
                .as("keys listed ahead of their deletion")
                .isLessThanOrEqualTo(4000);
        // For each batch one look at the catalog; prefixes once for the plan and once for the run.
        assertThat(store.listedPrefixes).hasValue(2L * logs);
    }

    @Test
    void cancellingStopsBeforeTheNextRequest() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 6));
        archive.wal(1, 0, 1, 9);
        FaultyObjectStore faulty =
                new FaultyObjectStore(archive.memory).script(StoreOperation.DELETE_BATCH, Fault.hangAfterEffect());
        RetentionPlan plan = archive.plan("REDUNDANCY 1", 0, NOW);
        Disposable run = new RetentionRun(faulty, RetentionFixture.LAYOUT, archive.catalog(faulty))
                .execute(plan)
                .subscribe();
        assertThat(archive.keys()).doesNotContain("B:" + ONE + "/data.tar").contains("B:" + ONE + "/backup.info");
        run.dispose();
        assertThat(faulty.cancellations(StoreOperation.DELETE_BATCH)).isEqualTo(1);
        assertThat(faulty.calls(StoreOperation.DELETE_BATCH)).isEqualTo(1);
    }

    @Test
    void rangesShowWhatGoesAndWhy() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 6).keep("standalone"));
        archive.place(FakeBackup.done(THREE, RetentionFixture.segment(2, 0, 13), NOW));
        archive.wal(1, 0, 1, 12);
        archive.wal(RetentionFixture.segment(1, 0, 2) + ".gz", RetentionFixture.segment(1, 3, 1));
        archive.wal(2, 0, 12, 15);
        archive.history(2, "1\t0/C000100\tx");
        assertThat(archive.ranges(archive.plan("REDUNDANCY 1", 0, NOW)))
                .extracting(range -> range.first() + " " + range.last() + " " + range.objects() + " " + range.bytes())
                .containsExactly(
                        segment(1) + " " + segment(5) + " 6 6",
                        segment(7) + " " + segment(12) + " 6 6",
                        RetentionFixture.segment(1, 3, 1) + " " + RetentionFixture.segment(1, 3, 1) + " 1 1",
                        RetentionFixture.segment(2, 0, 12) + " " + RetentionFixture.segment(2, 0, 12) + " 1 1");
        assertThat(archive.ranges(archive.plan("REDUNDANCY 1", 0, NOW)).get(3).explanation())
                .contains(THREE);
    }

    @Test
    void aDamagedHistoryKeepsTheWalOfItsTimeline() {
        archive.place(backup(ONE, 3));
        archive.place(backup(TWO, 9));
        archive.place(FakeBackup.done(THREE, RetentionFixture.segment(3, 0, 13), NOW));
        archive.wal(1, 0, 1, 12);
        archive.wal(2, 0, 5, 15);
        archive.wal(3, 0, 12, 15);
        archive.history(2, "1\t0/5000100\tx");
        RetentionPlan sound = archive.plan("REDUNDANCY 2", 0, NOW);
        assertThat(sound.judge(WalFileName.parse(RetentionFixture.segment(2, 0, 15)))
                        .isDeletion())
                .isTrue();
        archive.history(2, "nonsense");
        RetentionPlan damaged = archive.plan("REDUNDANCY 2", 0, NOW);
        assertThat(damaged.judge(WalFileName.parse(RetentionFixture.segment(2, 0, 15)))
                        .isDeletion())
                .isFalse();
    }

    @Test
    void twoRunsAtATimeDoNoHarm() {
        RetentionFixture whole = killable();
        assertThat(whole.run(whole.plan("REDUNDANCY 1", 0, NOW)).isComplete()).isTrue();
        long requests = 20;
        for (int meeting = 0; meeting < requests; meeting++) {
            RetentionFixture fixture = killable();
            RetentionPlan plan = fixture.plan("REDUNDANCY 1", 0, NOW);
            List<Integer> seen = new ArrayList<>();
            int when = meeting;
            UnreliableStore store = new UnreliableStore(fixture.memory).beforeDelete(keys -> {
                seen.add(keys.size());
                if (seen.size() == when) {
                    assertThat(fixture.run(fixture.plan("REDUNDANCY 1", 0, NOW)).isComplete())
                            .isTrue();
                }
            });
            assertThat(fixture.run(store, plan).isComplete()).isTrue();
            assertThat(fixture.keys()).isEqualTo(whole.keys());
        }
    }

    private CatalogEntry.Readable entry(String id) {
        BackupCatalog catalog = archive.catalog(archive.memory);
        return (CatalogEntry.Readable)
                catalog.get(new BackupId(id)).blockOptional().orElseThrow();
    }

    private static FakeBackup backup(String id, int segment) {
        return FakeBackup.done(
                id,
                segment(segment),
                Instant.parse(id.substring(0, 4) + "-" + id.substring(4, 6) + "-" + id.substring(6, 8) + "T00:01:00Z"));
    }
}
