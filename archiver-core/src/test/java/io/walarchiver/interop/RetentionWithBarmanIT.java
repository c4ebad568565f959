package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfoFormat;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.retention.Retention;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.backup.retention.RetentionRun;
import io.walarchiver.backup.verify.Recoverability;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.backup.verify.WalInventory;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/**
 * The same archive twice, with two timelines and pinned backups: from one barman-cloud-backup-delete deletes, from the other
 * one we do. What is left is the same, but for what each case says.
 */
@Timeout(300)
class RetentionWithBarmanIT {

    /** Keys in what the tool prints. */
    private static final Pattern KEY = Pattern.compile("'([^']*/(?:base|wals)/[^']*)'");

    private static EmbeddedS3 server;
    private static ObjectStore store;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        server = EmbeddedS3.start();
        store = WalArchiver.storeOf(server);
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
    }

    /**
     * Something to delete.
     *
     * @param options what barman is asked for; {@code ID} in it is the id of {@code asked}
     * @param asked   the age of the backup to delete, or empty for a policy
     * @param kept    the ages of backups that are pinned
     * @param more    WAL that we delete and barman does not
     */
    private record Case(
            String name,
            List<String> options,
            Optional<Integer> asked,
            Map<Integer, KeepTarget> kept,
            List<String> more) {

        @Override
        public String toString() {
            return name;
        }
    }

    private static Case policy(String policy, Map<Integer, KeepTarget> kept, String... more) {
        return new Case(policy + pinned(kept), List.of("-r", policy), Optional.empty(), kept, List.of(more));
    }

    private static Case deletion(int age, Map<Integer, KeepTarget> kept, String... more) {
        return new Case(
                "the one of " + age + " days ago" + pinned(kept),
                List.of("-b", "ID"),
                Optional.of(age),
                kept,
                List.of(more));
    }

    private static String pinned(Map<Integer, KeepTarget> kept) {
        return kept.isEmpty() ? "" : ", pinned: " + kept;
    }

    /**
     * Where we delete more, it is WAL that leads to no backup that stays and from none to anywhere: timeline 1 behind its last
     * backup, and what lies between a backup that a standalone mark keeps and the next one. barman leaves the former until the
     * next deletion, as a backup that is being deleted protects its timeline, and the latter until a younger backup goes.
     */
    private static final List<Case> CASES = List.of(
            policy(
                    "RECOVERY WINDOW OF 7 DAYS",
                    Map.of(),
                    name(1, 5),
                    name(1, 5) + ".00000028.backup",
                    name(1, 6),
                    name(1, 7) + ".partial"),
            policy("REDUNDANCY 1", Map.of()),
            policy("REDUNDANCY 3", Map.of()),
            policy("REDUNDANCY 1", Map.of(20, KeepTarget.FULL)),
            policy(
                    "REDUNDANCY 1",
                    Map.of(20, KeepTarget.STANDALONE),
                    name(1, 1),
                    name(1, 4),
                    name(1, 5),
                    name(1, 5) + ".00000028.backup",
                    name(1, 6),
                    name(1, 7) + ".partial"),
            policy(
                    "RECOVERY WINDOW OF 7 DAYS",
                    Map.of(10, KeepTarget.STANDALONE),
                    name(1, 7) + ".partial",
                    name(2, 7),
                    name(2, 8)),
            deletion(20, Map.of()),
            deletion(10, Map.of(20, KeepTarget.STANDALONE)));

    static Stream<Arguments> cases() {
        return BarmanTools.installed().stream().flatMap(tools -> CASES.stream().map(each -> Arguments.of(tools, each)));
    }

    @ParameterizedTest(name = "{0}: {1}", allowZeroInvocations = true)
    @MethodSource("cases")
    void whatWeDeleteIsWhatBarmanDeletes(BarmanTools tools, Case each) {
        Instant now = Instant.now();
        String prefix = "retention/" + tools.version() + "/" + CASES.indexOf(each);
        try (WalArchiver theirs = new WalArchiver(store, prefix + "/theirs", Compression.GZIP, directory);
                WalArchiver ours = new WalArchiver(store, prefix + "/ours", Compression.GZIP, directory)) {
            fill(theirs, each, now);
            fill(ours, each, now);
            SortedSet<String> before = theirs.keys();
            assertThat(ours.keys()).isEqualTo(before);

            List<String> options = each.options().stream()
                    .map(option -> option.equals("ID") ? id(now, each.asked().orElseThrow()) : option)
                    .toList();
            List<String> dry = new ArrayList<>(options);
            dry.add("--dry-run");
            String announced = tools.succeed(
                    server, "barman-cloud-backup-delete", prefix + "/theirs", dry, Map.of(), BarmanTools.SERVER_NAME);
            assertThat(theirs.keys()).isEqualTo(before);
            tools.succeed(
                    server,
                    "barman-cloud-backup-delete",
                    prefix + "/theirs",
                    options,
                    Map.of(),
                    BarmanTools.SERVER_NAME);
            SortedSet<String> goneByBarman = gone(before, theirs);
            assertThat(keysIn(announced, theirs)).isEqualTo(goneByBarman);

            Retention retention = new Retention(store, ours.layout(), ours.catalog());
            RetentionPlan plan = WalArchiver.answer(each.asked()
                    .map(age -> retention.planDeletion(new BackupId(id(now, age)), 0))
                    .orElseGet(() ->
                            retention.plan(RetentionPolicy.parse(each.options().get(1)), 0, now)));
            SortedSet<String> planned = new TreeSet<>(WalArchiver.answer(
                    retention.deletedKeys(plan).map(key -> relative(key, ours)).collectList()));
            assertThat(WalArchiver.answer(new RetentionRun(store, ours.layout(), ours.catalog()).execute(plan))
                            .isComplete())
                    .isTrue();
            assertThat(gone(before, ours)).isEqualTo(planned);

            SortedSet<String> expected = new TreeSet<>(goneByBarman);
            each.more().forEach(file -> expected.add(relative(walKey(ours, file), ours)));
            assertThat(planned).isEqualTo(expected);
            assertThat(recoverability(ours).unrecoverable()).isEmpty();
        }
    }

    private static Recoverability recoverability(WalArchiver archiver) {
        WalInventory inventory = WalArchiver.answer(WalInventory.read(store, archiver.layout(), SegmentSize.DEFAULT));
        TimelineHistories histories = WalArchiver.answer(TimelineHistories.read(store, archiver.layout(), inventory));
        return Recoverability.of(inventory, histories, archiver.list());
    }

    private static SortedSet<String> keysIn(String printed, WalArchiver archiver) {
        SortedSet<String> keys = new TreeSet<>();
        Matcher key = KEY.matcher(printed);
        while (key.find()) {
            keys.add(relative(new ObjectKey(key.group(1)), archiver));
        }
        return keys;
    }

    private static SortedSet<String> gone(SortedSet<String> before, WalArchiver archiver) {
        SortedSet<String> gone = new TreeSet<>(before);
        gone.removeAll(archiver.keys());
        return gone;
    }

    private static String relative(ObjectKey key, WalArchiver archiver) {
        return key.value().substring(archiver.layout().serverPrefix().length());
    }

    /**
     * Two backups of timeline 1, 20 and 10 days old, that begin in segments 2 and 5, and two of timeline 2, 8 and 2 days old,
     * that begin in segments 9 and 13. Timeline 2 left timeline 1 in segment 7.
     */
    private static void fill(WalArchiver archiver, Case each, Instant now) {
        backup(archiver, now, 20, 1, 2);
        backup(archiver, now, 10, 1, 5);
        backup(archiver, now, 8, 2, 9);
        backup(archiver, now, 2, 2, 13);
        List<Mono<Void>> objects = new ArrayList<>();
        for (int segment = 1; segment <= 7; segment++) {
            objects.add(wal(archiver, name(1, segment) + (segment == 7 ? ".partial" : "")));
        }
        for (int segment = 7; segment <= 15; segment++) {
            objects.add(wal(archiver, name(2, segment)));
        }
        objects.add(wal(archiver, name(1, 2) + ".00000028.backup"));
        objects.add(wal(archiver, name(1, 5) + ".00000028.backup"));
        objects.add(wal(archiver, name(2, 9) + ".00000028.backup"));
        objects.add(put(
                archiver,
                archiver.layout().walPrefix() + "00000002.history",
                "1\t0/7000100\tno recovery target specified\n"));
        Mono.when(objects).block(WalArchiver.PATIENCE);
        each.kept()
                .forEach((age, target) -> archiver.catalog()
                        .keep(new BackupId(id(now, age)), target)
                        .block(WalArchiver.PATIENCE));
    }

    private static void backup(WalArchiver archiver, Instant now, int age, int timeline, int segment) {
        String id = id(now, age);
        FakeBackup fake = FakeBackup.done(id, name(timeline, segment), now.minus(Duration.ofDays(age)))
                .end(name(timeline, segment + 1));
        put(archiver, archiver.layout().backupPrefix(id) + "data.tar.gz", "data")
                .block(WalArchiver.PATIENCE);
        put(archiver, archiver.layout().backupPrefix(id) + "data_0001.tar.gz", "more")
                .block(WalArchiver.PATIENCE);
        archiver.catalog()
                .write(new BackupId(id), BackupInfoFormat.parse(fake.record()))
                .block(WalArchiver.PATIENCE);
    }

    private static String id(Instant now, int age) {
        return BackupId.at(now.minus(Duration.ofDays(age)).minusSeconds(60)).value();
    }

    private static String name(int timeline, int segment) {
        return String.format(Locale.ROOT, "%08X00000000%08X", timeline, segment);
    }

    private static ObjectKey walKey(WalArchiver archiver, String name) {
        return archiver.layout().walKey(WalFileName.parse(name), Compression.GZIP);
    }

    private static Mono<Void> wal(WalArchiver archiver, String name) {
        return put(archiver, walKey(archiver, name).value(), name);
    }

    private static Mono<Void> put(WalArchiver archiver, String key, String content) {
        return archiver.store()
                .put(
                        new ObjectKey(key),
                        Content.of(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8))),
                        PutOptions.NONE);
    }
}
