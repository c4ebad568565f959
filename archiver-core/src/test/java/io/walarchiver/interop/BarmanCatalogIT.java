package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfoJson;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.retention.Retention;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.backup.retention.RetentionRun;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.S3Server;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real barman-cloud tools on the same catalog: they list, show, pin and delete what we wrote, and we see what they did.
 * The backups hold no data; taking and restoring them is another test's matter.
 */
@Timeout(600)
class BarmanCatalogIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SERVER = "orders-db";
    private static final List<BarmanTools> TOOLS = BarmanTools.installed();
    /** One for all archives, so that they can be compared. */
    private static final Instant NOW = Instant.now();

    private static final ObjectMapper JSON = new ObjectMapper();

    private static S3Server server;
    private static ObjectStore store;

    @BeforeAll
    static void start() {
        server = EmbeddedS3.start();
        store = S3ObjectStore.open(
                S3Settings.of(
                                server.bucket(),
                                new S3Settings.StaticKeys(
                                        server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                        .withEndpoint(server.endpoint()),
                StoreObserver.NONE);
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
    }

    static Stream<BarmanTools> tools() {
        return TOOLS.stream();
    }

    /** Ways to delete, on an archive of four backups: options of the tool, and whether one backup is meant. */
    static Stream<Arguments> deletions() {
        return TOOLS.stream()
                .flatMap(tools -> Stream.of(
                                "RECOVERY WINDOW OF 7 DAYS",
                                "RECOVERY WINDOW OF 1 MONTH",
                                "REDUNDANCY 2",
                                "REDUNDANCY 0",
                                "oldest",
                                "middle",
                                "newest")
                        .map(what -> Arguments.of(tools, what)));
    }

    @ParameterizedTest(name = "{0} lists and shows our records", allowZeroInvocations = true)
    @MethodSource("tools")
    void barmanListsAndShowsOurRecords(BarmanTools tools) throws Exception {
        Archive archive = archive("list", tools);
        FakeBackup done = archive.backup(3, 12)
                .set("backup_name", "nightly")
                .set("backup_label", "'START WAL LOCATION: 0/C000028\\nLABEL: it\\'s \"ours\"\\n'")
                .set("tablespaces", "[('a b\\'c', 16384, '/tbs/ä')]");
        FakeBackup failed = archive.backup(2, 13).set("backup_name", "failing").failed();
        archive.write(done);
        archive.write(failed);

        Map<String, List<Map<String, @Nullable Object>>> listed = JSON.readValue(
                archive.barman("barman-cloud-backup-list", List.of("--format", "json")), new TypeReference<>() {});
        List<Map<String, @Nullable Object>> backups = listed.getOrDefault("backups_list", List.of());
        assertThat(backups).hasSize(2);
        assertThat(ours(archive, done)).containsAllEntriesOf(backups.get(0));
        // What barman leaves out of a record without times is null with us.
        assertThat(ours(archive, failed)).containsAllEntriesOf(backups.get(1));
        Map<String, Map<String, @Nullable Object>> shown = JSON.readValue(
                archive.barman("barman-cloud-backup-show", List.of("--format", "json"), done.id()),
                new TypeReference<>() {});
        assertThat(shown).containsOnlyKeys("cloud");
        assertThat(ours(archive, done)).containsAllEntriesOf(shown.getOrDefault("cloud", Map.of()));
        assertThat(archive.barman("barman-cloud-backup-list", List.of())).contains(done.id(), "nightly");
    }

    private static Map<String, @Nullable Object> ours(Archive archive, FakeBackup backup) throws Exception {
        CatalogEntry.Readable entry = archive.entry(backup.id());
        return JSON.readValue(
                JSON.writeValueAsBytes(BackupInfoJson.values(entry.id(), entry.info())), new TypeReference<>() {});
    }

    @ParameterizedTest(name = "{0} and we pin and release for each other", allowZeroInvocations = true)
    @MethodSource("tools")
    void pinsAreSeenByBothSides(BarmanTools tools) {
        Archive archive = archive("keep", tools);
        FakeBackup backup = archive.backup(3, 12);
        archive.write(backup);
        BackupId id = new BackupId(backup.id());

        archive.barman("barman-cloud-backup-keep", List.of("--target", "standalone"), backup.id());
        assertThat(archive.catalog.keepTarget(id).block(PATIENCE)).isEqualTo(KeepTarget.STANDALONE);
        assertThat(archive.entry(backup.id()).keep()).contains(KeepTarget.STANDALONE);
        archive.catalog.release(id).block(PATIENCE);
        assertThat(archive.barman("barman-cloud-backup-keep", List.of("--status"), backup.id()))
                .contains("nokeep");

        for (KeepTarget target : KeepTarget.values()) {
            archive.catalog.keep(id, target).block(PATIENCE);
            assertThat(archive.barman("barman-cloud-backup-keep", List.of("--status"), backup.id()))
                    .contains("Keep: " + target.word());
        }
        archive.barman("barman-cloud-backup-keep", List.of("--release"), backup.id());
        assertThat(archive.catalog.keepTarget(id).blockOptional(PATIENCE)).isEmpty();
    }

    @ParameterizedTest(name = "what goes with {1} is what {0} deletes", allowZeroInvocations = true)
    @MethodSource("deletions")
    void theSameObjectsGo(BarmanTools tools, String what) {
        String run = "delete-" + what.replace(' ', '-');
        Archive theirs = archive(run + "/theirs", tools);
        Archive ours = archive(run + "/ours", tools);
        theirs.fill();
        ours.fill();
        assertThat(theirs.keys()).isEqualTo(ours.keys()).hasSizeGreaterThan(20);

        if (what.contains(" ")) {
            theirs.barman("barman-cloud-backup-delete", List.of("--retention-policy", what));
            ours.apply(what);
        } else {
            theirs.barman("barman-cloud-backup-delete", List.of("--backup-id", theirs.idOf(what)));
            ours.delete(ours.idOf(what));
        }

        assertThat(ours.keys()).isEqualTo(theirs.keys());
    }

    @ParameterizedTest(name = "what {0} lists in a dry run is what our plan lists", allowZeroInvocations = true)
    @MethodSource("tools")
    void ourPlanListsWhatBarmansDryRunLists(BarmanTools tools) {
        Archive archive = archive("dry-run", tools);
        archive.fill();
        SortedSet<String> before = archive.keys();
        String listed = archive.barman(
                "barman-cloud-backup-delete", List.of("--dry-run", "--retention-policy", "RECOVERY WINDOW OF 7 DAYS"));
        SortedSet<String> planned = archive.planned("RECOVERY WINDOW OF 7 DAYS");
        assertThat(planned).isNotEmpty();
        for (String key : before) {
            // Of a directory that goes whole only its name is listed.
            String directory = key.substring(0, key.lastIndexOf('/') + 1);
            boolean theirs = listed.contains(archive.layout.serverPrefix() + key)
                    || !key.startsWith("base/") && listed.contains(archive.layout.serverPrefix() + directory + "'");
            assertThat(theirs).as(key + " in " + listed).isEqualTo(planned.contains(key));
        }
        assertThat(archive.keys()).isEqualTo(before);
    }

    private static Archive archive(String name, BarmanTools tools) {
        return new Archive(name + "/" + tools.version(), tools);
    }

    /** An archive of its own for each test. */
    private static final class Archive {

        private final String prefix;
        private final BarmanTools tools;
        private final ArchiveLayout layout;
        private final BackupCatalog catalog;
        private final Instant now;

        Archive(String prefix, BarmanTools tools) {
            this.prefix = prefix;
            this.tools = tools;
            this.layout = new ArchiveLayout(prefix, SERVER);
            this.catalog = new BackupCatalog(store, layout, PutOptions.NONE);
            this.now = NOW;
        }

        /** A backup that ended so many days ago. */
        FakeBackup backup(int daysAgo, int segment) {
            Instant end = now.minus(Duration.ofDays(daysAgo));
            String wal = "%024X".formatted(segment);
            return FakeBackup.done(BackupId.at(end.minusSeconds(60)).value(), "00000001" + wal.substring(8), end);
        }

        void write(FakeBackup backup) {
            put(layout.backupKey(backup.id(), "data.tar"));
            catalog.write(new BackupId(backup.id()), backup.info()).block(PATIENCE);
        }

        void fill() {
            for (int segment = 1; segment <= 14; segment++) {
                wal("%08X%08X%08X".formatted(1, 0, segment));
            }
            wal("000000010000000000000006.00000028.backup");
            wal("000000010000000000000002.partial");
            put(new ObjectKey(layout.walPrefix() + "00000002.history"));
            for (String day : List.of("oldest", "second", "middle", "newest")) {
                FakeBackup backup = backup(daysAgo(day), 15 - daysAgo(day));
                put(layout.backupKey(backup.id(), "data_0001.tar"));
                put(layout.backupKey(backup.id(), "16384.tar"));
                write(backup.set("tablespaces", "[('a', 16384, '/a')]"));
            }
        }

        private static int daysAgo(String which) {
            return switch (which) {
                case "oldest" -> 12;
                case "second" -> 9;
                case "middle" -> 6;
                default -> 2;
            };
        }

        String idOf(String which) {
            List<String> ids = catalog.list()
                    .map(entry -> entry.id().value())
                    .collectList()
                    .blockOptional(PATIENCE)
                    .orElseThrow();
            return ids.get(List.of("oldest", "second", "middle", "newest").indexOf(which));
        }

        private void wal(String name) {
            put(new ObjectKey(layout.walPrefix() + name.substring(0, 16) + "/" + name));
        }

        private void put(ObjectKey key) {
            store.put(key, Content.of(ByteBuffer.wrap(new byte[] {1})), PutOptions.NONE)
                    .block(PATIENCE);
        }

        CatalogEntry.Readable entry(String id) {
            return (CatalogEntry.Readable)
                    catalog.get(new BackupId(id)).blockOptional(PATIENCE).orElseThrow();
        }

        void apply(String policy) {
            Retention retention = new Retention(store, layout, catalog);
            new RetentionRun(store, layout, catalog)
                    .execute(retention
                            .plan(RetentionPolicy.parse(policy), 0, now)
                            .blockOptional(PATIENCE)
                            .orElseThrow())
                    .block(PATIENCE);
        }

        void delete(String id) {
            Retention retention = new Retention(store, layout, catalog);
            new RetentionRun(store, layout, catalog)
                    .execute(retention
                            .planDeletion(new BackupId(id), 0)
                            .blockOptional(PATIENCE)
                            .orElseThrow())
                    .block(PATIENCE);
        }

        SortedSet<String> planned(String policy) {
            Retention retention = new Retention(store, layout, catalog);
            return retention
                    .plan(RetentionPolicy.parse(policy), 0, now)
                    .flatMapMany(retention::deletedKeys)
                    .map(key -> key.value().substring(layout.serverPrefix().length()))
                    .collect(Collectors.toCollection(TreeSet::new))
                    .map(keys -> (SortedSet<String>) keys)
                    .blockOptional(PATIENCE)
                    .orElseThrow();
        }

        /** All keys below the server's. */
        SortedSet<String> keys() {
            return store.list(layout.serverPrefix())
                    .map(ObjectInfo::key)
                    .map(key -> key.value().substring(layout.serverPrefix().length()))
                    .collect(Collectors.toCollection(TreeSet::new))
                    .map(keys -> (SortedSet<String>) keys)
                    .blockOptional(PATIENCE)
                    .orElseThrow();
        }

        String barman(String tool, List<String> options, String... arguments) {
            List<String> all = new ArrayList<>(List.of(SERVER));
            all.addAll(List.of(arguments));
            BarmanTools.Outcome outcome = tools.run(server, tool, prefix, options, all.toArray(String[]::new));
            assertThat(outcome.exitCode()).as(outcome.output()).isZero();
            return outcome.output();
        }
    }
}
