package io.walarchiver.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.catalog.Samples;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Replays what barman-cloud-backup-delete did to prepared archives, and compares what is gone afterwards. Where we differ
 * {@link #DEVIATIONS} says how and why; everything else must be the same, key by key.
 */
@Timeout(60)
class BarmanScenariosTest {

    /**
     * A scenario after which other keys are gone than after barman's run.
     *
     * @param more which we delete and barman does not
     * @param less which barman deletes and we do not
     */
    private record Deviation(String why, Set<String> more, Set<String> less) {}

    private static final Map<String, Deviation> DEVIATIONS = Map.of(
            "empty keep red1",
            new Deviation(
                    "an empty keep mark is a keep mark: barman, too, refuses to delete the backup by id",
                    Set.of(),
                    union(
                            files("12"),
                            wal(1, 1, 0xB),
                            Set.of(name(1, 2) + ".partial", name(1, 6) + ".00000028.backup"))),
            "tl red1",
            new Deviation(
                    "the only backup left is on timeline 3: nothing of timeline 2 can lead to it any more",
                    wal(2, 9, 0xB),
                    Set.of()),
            "tl red3",
            new Deviation(
                    "the oldest backup left is on timeline 2, which left timeline 1 before it: barman removes that WAL with"
                            + " the next backup",
                    wal(1, 1, 5),
                    Set.of()),
            "prefix red1",
            new Deviation(
                    "what is no WAL is not ours to delete; releases before 3.7 leave it, too",
                    Set.of(),
                    Set.of("0000000100000002/foreign.bin")));

    /** What is on the bucket before, and what is asked for. */
    private interface Scenario {
        void run(RetentionFixture archive, Ids ids);
    }

    /**
     * The ids of one release's runs.
     *
     * @param time of day
     */
    private record Ids(String time) {
        String of(String day) {
            return "202611" + day + "T" + time;
        }

        FakeBackup backup(String day, int timeline, int segment) {
            return FakeBackup.done(of(day), name(timeline, segment), start(day).plusSeconds(60));
        }

        private Instant start(String day) {
            return Instant.parse("2026-11-" + day + "T" + time.substring(0, 2) + ":" + time.substring(2, 4) + ":"
                    + time.substring(4) + "Z");
        }

        Instant now() {
            return start("22").plusSeconds(30);
        }
    }

    private static final Map<String, Scenario> SCENARIOS = scenarios();

    private static Map<String, Scenario> scenarios() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        all.put("window 7d", usual("RECOVERY WINDOW OF 7 DAYS", 0));
        all.put("window 1w lower", usual("recovery window of 1 week", 0));
        all.put("window 1 month", usual("RECOVERY WINDOW OF 1 MONTH", 0));
        all.put("window 0 d", usual("RECOVERY WINDOW OF 0 DAYS", 0));
        all.put("redundancy 2", usual("REDUNDANCY 2", 0));
        all.put("redundancy 0", usual("REDUNDANCY 0", 0));
        // What is an error for barman is CloudNativePG's form, which we read.
        all.put("bad policy", (archive, ids) -> {});
        all.put("single newest", deleting("20"));
        all.put("single oldest", deleting("12"));
        all.put("single middle", deleting("14"));
        all.put("missing", (archive, ids) -> {
            placeUsual(archive, ids, "", "");
            assertThatThrownBy(() -> archive.planDeletion("20200101T000000", 0))
                    .isInstanceOf(CatalogException.NoSuchBackup.class);
        });
        all.put("byname last", (archive, ids) -> {
            placeUsual(archive, ids, "", "");
            BackupId last = archive.catalog(archive.memory)
                    .find("last")
                    .map(entry -> entry.id())
                    .blockOptional()
                    .orElseThrow();
            delete(archive, last.value());
        });
        all.put("kept -b", (archive, ids) -> {
            placeUsual(archive, ids, "12", "full");
            refuse(archive, ids.of("12"), 0, BackupDecision.Reason.PINNED);
        });
        all.put("kept full red1", keeping("12", "full"));
        all.put("kept standalone red1", keeping("12", "standalone"));
        all.put("kept standalone middle red1", keeping("14", "standalone"));
        all.put("kept standalone; -b third", (archive, ids) -> {
            placeUsual(archive, ids, "14", "standalone");
            delete(archive, ids.of("16"));
        });
        all.put("newest kept, red1 (counts?)", keeping("20", "full"));
        all.put("empty keep red1", (archive, ids) -> {
            placeUsual(archive, ids, "", "");
            archive.object(RetentionFixture.LAYOUT.backupPrefix(ids.of("12")) + "annotations/keep", "");
            apply(archive, ids, "REDUNDANCY 1", 0);
        });
        all.put("nl keep red1", keeping("12", "standalone\n"));
        all.put("tl red1", (archive, ids) -> {
            placeTimelines(archive, ids, 5);
            apply(archive, ids, "REDUNDANCY 1", 0);
        });
        all.put("tl red3", (archive, ids) -> {
            placeTimelines(archive, ids, 5);
            apply(archive, ids, "REDUNDANCY 3", 0);
        });
        all.put("tl red2", (archive, ids) -> {
            // As barman left it after the one before.
            placeTimelines(archive, ids, 6);
            apply(archive, ids, "REDUNDANCY 2", 0);
        });
        all.put("prefix red1", (archive, ids) -> {
            archive.place(ids.backup("12", 1, 2).begin("000000010000000100000002"));
            archive.place(
                    ids.backup("20", 1, 5).begin("000000010000000300000005").end("000000010000000300000005"));
            archive.wal(name(1, 1), "000000010000000100000002", "000000010000000100000003", "0000000100000001000000FF");
            archive.wal("000000010000000200000000", "0000000100000002000000FF", "0000000100000002/foreign.bin");
            archive.wal("000000010000000300000001", "000000010000000300000004", "000000010000000300000005");
            archive.wal("000000010000000300000006", "notahash/" + name(1, 1));
            apply(archive, ids, "REDUNDANCY 1", 0);
        });
        all.put("failed w/ red1", (archive, ids) -> {
            placeFailed(archive, ids);
            apply(archive, ids, "REDUNDANCY 1", 0);
        });
        all.put("failed -b", (archive, ids) -> {
            placeFailed(archive, ids);
            delete(archive, ids.of("13"));
        });
        all.put("only failed without begin -b", (archive, ids) -> {
            archive.place(FakeBackup.done(ids.of("13"), name(1, 5), Instant.EPOCH)
                    .failed()
                    .set("begin_wal", "None")
                    .set("begin_xlog", "None"));
            archive.wal(1, 0, 1, 14);
            delete(archive, ids.of("13"));
        });
        all.put("waiting red1", (archive, ids) -> {
            placeTwo(archive, ids, "WAITING_FOR_WALS", 12);
            apply(archive, ids, "REDUNDANCY 1", 0);
        });
        all.put("waiting -b old", (archive, ids) -> {
            placeTwo(archive, ids, "WAITING_FOR_WALS", 12);
            delete(archive, ids.of("12"));
        });
        all.put("started -b old", (archive, ids) -> {
            placeTwo(archive, ids, "STARTED", 12);
            delete(archive, ids.of("12"));
        });
        all.put("minred 4 -b", (archive, ids) -> {
            placeUsual(archive, ids, "", "");
            refuse(archive, ids.of("12"), 4, BackupDecision.Reason.MINIMUM_REDUNDANCY);
        });
        all.put("minred 3 window0", usual("RECOVERY WINDOW OF 0 DAYS", 3));
        return all;
    }

    private static Scenario usual(String policy, int minimumRedundancy) {
        return (archive, ids) -> {
            placeUsual(archive, ids, "", "");
            apply(archive, ids, policy, minimumRedundancy);
        };
    }

    private static Scenario keeping(String day, String mark) {
        return (archive, ids) -> {
            placeUsual(archive, ids, day, mark);
            apply(archive, ids, "REDUNDANCY 1", 0);
        };
    }

    private static Scenario deleting(String day) {
        return (archive, ids) -> {
            placeUsual(archive, ids, "", "");
            delete(archive, ids.of(day));
        };
    }

    private static void apply(RetentionFixture archive, Ids ids, String policy, int minimumRedundancy) {
        carryOut(archive, archive.plan(policy, minimumRedundancy, ids.now()));
    }

    private static void delete(RetentionFixture archive, String id) {
        carryOut(archive, archive.planDeletion(id, 0));
    }

    /** What is gone is what the plan listed, too. */
    private static void carryOut(RetentionFixture archive, RetentionPlan plan) {
        SortedSet<String> before = archive.keys();
        Set<String> planned = archive.plannedKeys(plan);
        assertThat(archive.run(plan).isComplete()).isTrue();
        assertThat(gone(before, archive)).isEqualTo(planned);
    }

    private static void refuse(
            RetentionFixture archive, String id, int minimumRedundancy, BackupDecision.Reason reason) {
        assertThatThrownBy(() -> archive.planDeletion(id, minimumRedundancy))
                .isInstanceOfSatisfying(
                        RetentionException.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    private static void placeUsual(RetentionFixture archive, Ids ids, String pinnedDay, String mark) {
        Map<String, FakeBackup> backups = new HashMap<>();
        backups.put("12", ids.backup("12", 1, 3));
        backups.put("14", ids.backup("14", 1, 6).end(name(1, 7)));
        backups.put("16", ids.backup("16", 1, 9));
        backups.put("20", ids.backup("20", 1, 12));
        backups.forEach((day, backup) -> archive.place(day.equals(pinnedDay) ? backup.keep(mark) : backup));
        archive.wal(1, 0, 1, 14);
        archive.wal(name(1, 2) + ".partial", name(1, 6) + ".00000028.backup", "0000000100000000/junk.txt");
        archive.history(2, "1\t0/F000000\tno recovery target specified");
    }

    private static void placeTimelines(RetentionFixture archive, Ids ids, int firstOfSecond) {
        if (firstOfSecond == 5) {
            archive.place(ids.backup("12", 1, 3));
        }
        archive.place(ids.backup("14", 2, 6));
        archive.place(ids.backup("16", 2, 9));
        archive.place(ids.backup("20", 3, 12));
        archive.wal(1, 0, 1, 5);
        archive.wal(2, 0, firstOfSecond, 11);
        archive.wal(3, 0, 12, 14);
        archive.history(2, "1\t0/5000100\tno recovery target specified");
        archive.history(3, "1\t0/5000100\tx", "2\t0/C000010\tx");
    }

    private static void placeFailed(RetentionFixture archive, Ids ids) {
        archive.place(ids.backup("12", 1, 3));
        archive.place(ids.backup("13", 1, 6).failed());
        archive.place(ids.backup("20", 1, 12));
        archive.wal(1, 0, 1, 14);
    }

    private static void placeTwo(RetentionFixture archive, Ids ids, String status, int segment) {
        archive.place(ids.backup("12", 1, 3));
        archive.place(ids.backup("20", 1, segment).set("status", status));
        archive.wal(1, 0, 1, 14);
    }

    @TestFactory
    Stream<DynamicTest> whatGoesIsWhatBarmanDeletes() {
        return Stream.of("3.17", "3.4")
                .flatMap(release -> recorded(release).entrySet().stream()
                        .map(recorded -> DynamicTest.dynamicTest(
                                release + " " + recorded.getKey(),
                                () -> replay(recorded.getKey(), recorded.getValue(), release))));
    }

    private static void replay(String name, Set<String> barman, String release) {
        Scenario scenario = SCENARIOS.get(name);
        assertThat(scenario).as("a replay of \"" + name + "\"").isNotNull();
        RetentionFixture archive = RetentionFixture.empty();
        Ids ids = new Ids(release.equals("3.4") ? "090015" : "090038");
        Objects.requireNonNull(scenario).run(archive, ids);
        Deviation deviation = DEVIATIONS.getOrDefault(name, new Deviation("", Set.of(), Set.of()));
        Set<String> expected = new TreeSet<>(barman);
        if (name.equals("byname last") && release.equals("3.4")) {
            // Releases before 3.15 do not know the word and fail.
            expected = files("20");
        }
        expected.addAll(deviation.more());
        expected.removeAll(deviation.less());
        Set<String> gone = new TreeSet<>();
        gone(archive.everPlaced(), archive).forEach(key -> gone.add(withoutTime(key)));
        assertThat(gone).as(deviation.why()).isEqualTo(expected);
    }

    private static SortedSet<String> gone(SortedSet<String> before, RetentionFixture archive) {
        SortedSet<String> gone = new TreeSet<>(before);
        gone.removeAll(archive.keys());
        return gone;
    }

    @Test
    void everyDeviationIsOfAScenario() {
        assertThat(SCENARIOS.keySet()).containsAll(DEVIATIONS.keySet());
        assertThat(recorded("3.17").keySet()).containsExactlyInAnyOrderElementsOf(SCENARIOS.keySet());
    }

    @ParameterizedTest
    @ValueSource(strings = {"7d", "1w"})
    void whatBarmanCallsABadPolicyIsCloudNativePgsForm(String policy) {
        RetentionFixture archive = RetentionFixture.empty();
        placeUsual(archive, new Ids("090038"), "", "");
        assertThat(archive.plan(policy, 0, new Ids("090038").now()).deletions())
                .extracting(decision -> decision.id().value())
                .containsExactly("20261112T090038");
    }

    private static final Pattern HEAD = Pattern.compile("3\\.[0-9.]+ (.*?) rc [0-9]+.*");
    private static final Pattern KEY = Pattern.compile("'([^']*)'");

    /** The scenarios of a file: which keys were gone. */
    private static Map<String, Set<String>> recorded(String release) {
        Map<String, Set<String>> scenarios = new LinkedHashMap<>();
        String name = "";
        for (String line : new String(
                        Samples.bytes("behaviour/retention-scenarios-" + release + ".txt"), StandardCharsets.UTF_8)
                .lines()
                .toList()) {
            Matcher head = HEAD.matcher(line);
            if (head.matches()) {
                name = head.group(1);
            } else if (line.startsWith("    gone: ")) {
                Set<String> gone = new HashSet<>();
                Matcher key = KEY.matcher(line);
                while (key.find()) {
                    gone.add(withoutTime(key.group(1)));
                }
                scenarios.put(name, gone);
            }
        }
        assertThat(scenarios.size()).isGreaterThan(25);
        return scenarios;
    }

    private static String withoutTime(String key) {
        return key.replaceFirst("^(B:[0-9]{8})T[0-9]{6}", "$1");
    }

    private static String name(int timeline, int segment) {
        return RetentionFixture.segment(timeline, 0, segment);
    }

    private static Set<String> wal(int timeline, int first, int last) {
        Set<String> keys = new TreeSet<>();
        for (int segment = first; segment <= last; segment++) {
            String name = name(timeline, segment);
            keys.add(name.substring(0, 16) + "/" + name);
        }
        return keys;
    }

    private static Set<String> files(String day) {
        return new TreeSet<>(List.of("B:202611" + day + "/backup.info", "B:202611" + day + "/data.tar"));
    }

    @SafeVarargs
    private static Set<String> union(Set<String>... sets) {
        List<String> all = new ArrayList<>();
        Arrays.stream(sets)
                .forEach(set -> set.forEach(key ->
                        all.add(key.length() == 24 || key.contains("/") ? key : key.substring(0, 16) + "/" + key)));
        return new TreeSet<>(all);
    }
}
