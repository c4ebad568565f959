package io.walarchiver.backup.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.ServerSideEncryption;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(60)
class BackupCatalogTest {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders");
    private static final String OTHER = "pg/main//orders/base/";
    private static final Instant T0 = Instant.parse("2031-04-05T06:00:00Z");
    private static final String ONE = "20310401T000000";
    private static final String TWO = "20310402T000000";
    private static final String THREE = "20310403T000000";

    private final TickingClock clock = new TickingClock(T0);
    private final InMemoryObjectStore store = new InMemoryObjectStore(clock);
    private final BackupCatalog catalog = new BackupCatalog(store, LAYOUT, PutOptions.NONE);

    @Test
    void listsBackupsOldestFirstWithTheirMarks() {
        backup(TWO).keep("standalone").placeIn(store, LAYOUT);
        backup(THREE).keep("full").placeIn(store, LAYOUT);
        backup(ONE).placeIn(store, LAYOUT);
        List<CatalogEntry> entries = list();
        assertThat(entries).extracting(entry -> entry.id().value()).containsExactly(ONE, TWO, THREE);
        assertThat(entries)
                .extracting(CatalogEntry::keep)
                .containsExactly(Optional.empty(), Optional.of(KeepTarget.STANDALONE), Optional.of(KeepTarget.FULL));
        assertThat(entries)
                .allSatisfy(entry -> assertThat(((CatalogEntry.Readable) entry).isRestorable())
                        .isTrue());
    }

    @Test
    void costsOneListingForEachSpellingAndOneDownloadForEachRecordAndMark() {
        for (int i = 10; i < 60; i++) {
            backup("203104" + (i < 35 ? "01" : "02") + "T0000" + i).placeIn(store, LAYOUT);
        }
        backup(THREE).keep("full").placeIn(store, LAYOUT);
        assertThat(list()).hasSize(51);
        assertThat(store.requests(StoreOperation.LIST)).isEqualTo(2);
        assertThat(store.requests(StoreOperation.GET)).isEqualTo(52);
        assertThat(store.requests()).isEqualTo(54);
    }

    @Test
    void readsTheWholeBucketBarmanLeft() {
        Map<String, String> records = Map.of(
                "orders-db/base/20261122T092142", "3.4-plain",
                "orders-db/base/20261122T092211", "3.4-gzip-timeline2",
                "orders-db-317/base/20261122T092223", "3.17-volumes",
                "orders-db-failed/base/20261122T092318", "3.17-failed-during-upload",
                "orders-db-failed/base/20261122T092321", "3.17-failed-at-start");
        new String(Samples.bytes("bucket-listing.txt"), StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .forEach(key -> {
                    String directory = key.replace("pg/main/", "").replace("/backup.info", "");
                    byte[] content = key.endsWith("/keep")
                            ? "standalone".getBytes(StandardCharsets.UTF_8)
                            : key.endsWith("/backup.info")
                                    ? Samples.record(records.getOrDefault(directory, "3.17-volumes"))
                                    : new byte[1];
                    store.place(new ObjectKey(key), content, Map.of());
                });
        assertThat(of("orders-db").list().collectList().block())
                .extracting(
                        entry -> entry.id() + " " + entry.keep() + " " + ((CatalogEntry.Readable) entry).isRestorable())
                .containsExactly("20261122T092142 Optional[STANDALONE] true", "20261122T092211 Optional.empty true");
        assertThat(of("orders-db-failed").list().collectList().block())
                .extracting(entry -> ((CatalogEntry.Readable) entry).isRestorable())
                .containsExactly(false, false);
        for (String server : List.of("orders-db-317", "orders-db-bz2", "orders-db-lz4", "orders-db-snappy")) {
            BackupCatalog of = of(server);
            CatalogEntry only = of.list().single().block();
            assertThat(only)
                    .isInstanceOfSatisfying(
                            CatalogEntry.Readable.class,
                            entry -> assertThat(entry.isRestorable()).as(server).isTrue());
        }
        assertThat(of("orders-db-317").files(new BackupId("20261122T092223")).block())
                .extracting(file -> file.archive() + " " + file.volume() + " " + file.compression())
                .containsExactly("16384 0 NONE", "data 0 NONE", "data 1 NONE", "data 2 NONE");
    }

    private BackupCatalog of(String server) {
        return new BackupCatalog(store, new ArchiveLayout("pg/main", server), PutOptions.NONE);
    }

    @Test
    void aDamagedRecordHidesNoOther() {
        backup(ONE).placeIn(store, LAYOUT);
        place(TWO + "/backup.info", "status=DONE\nnonsense\n");
        place(TWO + "/annotations/keep", "full");
        store.place(LAYOUT.backupKey("20310402T120000", "backup.info"), new byte[(1 << 20) + 1], Map.of());
        backup(THREE).placeIn(store, LAYOUT);
        List<CatalogEntry> entries = list();
        assertThat(entries).hasSize(4);
        assertThat(entries.get(1)).isInstanceOfSatisfying(CatalogEntry.Damaged.class, damaged -> {
            assertThat(damaged.reason()).contains(TWO + "/backup.info", "line 2");
            assertThat(damaged.keep()).contains(KeepTarget.FULL);
        });
        assertThat(entries.get(2))
                .isInstanceOfSatisfying(
                        CatalogEntry.Damaged.class,
                        damaged -> assertThat(damaged.reason()).contains("larger than any record"));
        assertThat(entries.get(3)).isInstanceOf(CatalogEntry.Readable.class);
    }

    @Test
    void aDirectoryWithoutRecordIsNoBackup() {
        backup(TWO).placeIn(store, LAYOUT);
        place(ONE + "/data.tar.gz", "12345");
        place(ONE + "/data_0001.tar.gz", "123");
        place(THREE + "/unrelated", "x");
        store.place(new ObjectKey(LAYOUT.basePrefix() + "a file"), new byte[1], Map.of());
        assertThat(list()).extracting(entry -> entry.id().value()).containsExactly(TWO);
        assertThat(catalog.withoutRecord().collectList().block())
                .singleElement()
                .satisfies(remains -> {
                    assertThat(remains.id().value()).isEqualTo(ONE);
                    assertThat(remains.archives()).isEqualTo(2);
                    assertThat(remains.bytes()).isEqualTo(8);
                    assertThat(remains.lastModified()).isAfter(T0);
                });
        assertThat(catalog.get(new BackupId(ONE)).blockOptional()).isEmpty();
    }

    @Test
    void anArchiveThatIsGoneIsMissed() {
        backup(ONE)
                .set("tablespaces", "[('a', 17, '/a'), ('b', 18, '/b'), ('inside', 19, 'pg_tblspc/19')]")
                .archives("data_0001.tar", "17.tar.zst", "18_0001.tar")
                .placeIn(store, LAYOUT);
        backup(TWO).archives().set("snapshots_info", "{'provider': 'aws'}").placeIn(store, LAYOUT);
        backup(THREE).archives().failed().placeIn(store, LAYOUT);
        assertThat(list())
                .extracting(entry -> ((CatalogEntry.Readable) entry).missingArchives())
                .containsExactly(List.of(new Archive.Data(), new Archive.Tablespace(18)), List.of(), List.of());
        assertThat(list()).noneMatch(entry -> ((CatalogEntry.Readable) entry).isRestorable());
    }

    @Test
    void getsOneBackup() {
        backup(ONE).keep("standalone").placeIn(store, LAYOUT);
        backup(ONE + "x").placeIn(store, LAYOUT);
        CatalogEntry entry = catalog.get(new BackupId(ONE)).block();
        assertThat(entry).isEqualTo(backup(ONE).keep("standalone").entry());
        assertThat(catalog.get(new BackupId(TWO)).blockOptional()).isEmpty();
    }

    @Test
    void marksAreReadAtTheOtherSpellingOfTheirKeyToo() {
        backup(ONE).placeIn(store, LAYOUT);
        backup(TWO).keep("standalone").placeIn(store, LAYOUT);
        backup(THREE).keep("standalone").placeIn(store, LAYOUT);
        placeAt(OTHER + ONE + "/annotations/keep", "standalone");
        placeAt(OTHER + THREE + "/annotations/keep", "full");
        assertThat(list())
                .extracting(CatalogEntry::keep)
                .containsExactly(
                        Optional.of(KeepTarget.STANDALONE),
                        Optional.of(KeepTarget.STANDALONE),
                        Optional.of(KeepTarget.FULL));
        assertThat(catalog.keepTarget(new BackupId(ONE)).block()).isEqualTo(KeepTarget.STANDALONE);
        assertThat(catalog.keepTarget(new BackupId(THREE)).block()).isEqualTo(KeepTarget.FULL);
        assertThat(catalog.get(new BackupId(ONE)).map(CatalogEntry::keep).block())
                .contains(KeepTarget.STANDALONE);
    }

    @Test
    void anArchiveWithoutPrefixHasOneSpelling() {
        ArchiveLayout layout = new ArchiveLayout("", "orders");
        BackupCatalog top = new BackupCatalog(store, layout, PutOptions.NONE).withTrailingSlash();
        backup(ONE).placeIn(store, layout);
        top.keep(new BackupId(ONE), KeepTarget.FULL).block();
        assertThat(top.list().single().map(CatalogEntry::keep).block()).contains(KeepTarget.FULL);
        assertThat(store.keys()).contains(new ObjectKey("orders/base/" + ONE + "/annotations/keep"));
    }

    @ParameterizedTest
    @CsvSource({"standalone, STANDALONE", "full, FULL", "'standalone\n', FULL", "Standalone, FULL", "'', FULL"})
    void whateverIsNotExactlyStandaloneKeepsEverything(String word, KeepTarget meaning) {
        backup(ONE).placeIn(store, LAYOUT);
        place(ONE + "/annotations/keep", word);
        assertThat(catalog.keepTarget(new BackupId(ONE)).block()).isEqualTo(meaning);
    }

    @Test
    void pinsWithTheExactWordAndReleases() {
        backup(ONE).placeIn(store, LAYOUT);
        BackupId id = new BackupId(ONE);
        PutOptions options =
                new PutOptions(Map.of("m", "1"), Map.of("team", "a"), Optional.of(new ServerSideEncryption.Aes256()));
        BackupCatalog tagged = new BackupCatalog(store, LAYOUT, options);
        tagged.keep(id, KeepTarget.STANDALONE).block();
        InMemoryObjectStore.StoredObject mark =
                store.stored(LAYOUT.backupKey(ONE, "annotations/keep")).orElseThrow();
        assertThat(mark.toByteArray()).isEqualTo("standalone".getBytes(StandardCharsets.UTF_8));
        assertThat(mark.options()).isEqualTo(new PutOptions(Map.of(), Map.of(), options.encryption()));
        assertThat(store.keys()).noneMatch(key -> key.value().startsWith(OTHER));
        tagged.keep(id, KeepTarget.FULL).block();
        assertThat(tagged.keepTarget(id).block()).isEqualTo(KeepTarget.FULL);
        tagged.release(id).block();
        tagged.release(id).block();
        assertThat(tagged.keepTarget(id).blockOptional()).isEmpty();
        assertThat(store.keys()).noneMatch(key -> key.value().endsWith("keep"));
    }

    @Test
    void aDestinationWithTrailingSlashIsMarkedAtBothSpellings() {
        backup(ONE).placeIn(store, LAYOUT);
        BackupId id = new BackupId(ONE);
        BackupCatalog slash = catalog.withTrailingSlash();
        slash.keep(id, KeepTarget.FULL).block();
        assertThat(store.keys())
                .contains(new ObjectKey(OTHER + ONE + "/annotations/keep"), LAYOUT.backupKey(ONE, "annotations/keep"));
        // Changing it from elsewhere leaves no mark that says otherwise.
        catalog.keep(id, KeepTarget.STANDALONE).block();
        assertThat(catalog.keepTarget(id).block()).isEqualTo(KeepTarget.STANDALONE);
        catalog.release(id).block();
        assertThat(store.keys()).noneMatch(key -> key.value().endsWith("keep"));
    }

    @Test
    void onlyFinishedBackupsCanBePinned() {
        backup(ONE).failed().placeIn(store, LAYOUT);
        place(TWO + "/backup.info", "damaged");
        assertThatThrownBy(
                        () -> catalog.keep(new BackupId(ONE), KeepTarget.FULL).block())
                .isInstanceOf(CatalogException.NotPinnable.class)
                .hasMessageContaining("FAILED");
        assertThatThrownBy(
                        () -> catalog.keep(new BackupId(TWO), KeepTarget.FULL).block())
                .isInstanceOf(CatalogException.NotPinnable.class)
                .hasMessageContaining("damaged");
        assertThatThrownBy(
                        () -> catalog.keep(new BackupId(THREE), KeepTarget.FULL).block())
                .isInstanceOf(CatalogException.NoSuchBackup.class)
                .hasMessageContaining(THREE);
        assertThat(store.keys()).noneMatch(key -> key.value().endsWith("keep"));
    }

    @Test
    void findsByIdNameAndShortcut() {
        backup(ONE).set("backup_name", "nightly").placeIn(store, LAYOUT);
        backup(TWO).set("backup_name", "weekly").failed().placeIn(store, LAYOUT);
        backup(THREE).set("backup_name", "weekly").placeIn(store, LAYOUT);
        place("odd/backup.info", "status=FAILED\n");
        assertThat(find(ONE)).contains(ONE);
        assertThat(find("20310409T000000")).isEmpty();
        assertThat(find("nightly")).contains(ONE);
        assertThat(find("unknown")).isEmpty();
        assertThat(find("odd")).contains("odd");
        assertThat(find("first")).contains(ONE);
        assertThat(find("oldest")).contains(ONE);
        assertThat(find("latest")).contains("odd");
        assertThat(find("last")).contains("odd");
        assertThat(find("last-failed")).contains("odd");
        assertThatThrownBy(() -> find("weekly"))
                .isInstanceOf(CatalogException.AmbiguousName.class)
                .hasMessageContaining(TWO)
                .hasMessageContaining(THREE);
    }

    private Optional<String> find(String text) {
        return catalog.find(text).map(entry -> entry.id().value()).blockOptional();
    }

    @Test
    void anEmptyCatalogHasNoLatestBackup() {
        assertThat(find("latest")).isEmpty();
        assertThat(find("last-failed")).isEmpty();
        assertThat(list()).isEmpty();
    }

    @Test
    void filesAreFoundByTheirNames() {
        for (String name : List.of(
                "data.tar.gz",
                "data_0001.tar.bz2",
                "data_0003.tar",
                "data_10000.tar.zst",
                "16384.tar.lz4",
                "16384_1.tar.snappy",
                "4294967295.tar")) {
            place(ONE + "/" + name, name);
        }
        for (String other : List.of(
                "backup.info",
                "manifest.json",
                "data.unknown",
                "datax.tar",
                "data",
                "0.tar",
                "017.tar",
                "4294967296.tar",
                "data_.tar",
                "data_x.tar",
                "data_manifest.json",
                "sub/data.tar",
                "annotations/keep",
                "backup_label")) {
            place(ONE + "/" + other, other);
        }
        assertThat(files())
                .extracting(file -> file.key().name() + " " + file.archive() + " " + file.volume() + " "
                        + file.compression() + " " + file.size())
                .containsExactly(
                        "16384.tar.lz4 16384 0 LZ4 13",
                        "16384_1.tar.snappy 16384 1 SNAPPY 18",
                        "4294967295.tar 4294967295 0 NONE 14",
                        "data.tar.gz data 0 GZIP 11",
                        "data_0001.tar.bz2 data 1 BZIP2 17",
                        "data_0003.tar data 3 NONE 13",
                        "data_10000.tar.zst data 10000 ZSTD 18");
    }

    @Test
    void ofAnArchiveInTwoCompressionsTheOneStoredLastCounts() {
        place(ONE + "/data.tar.gz", "old");
        place(ONE + "/data_0000.tar", "a volume whatever its number");
        place(ONE + "/data.tar", "new");
        assertThat(files()).extracting(file -> file.key().name()).containsExactly("data.tar", "data_0000.tar");
    }

    @Test
    void aVolumeOfUnknownTypeIsNotPassedOver() {
        place(ONE + "/data.tar", "x");
        place(ONE + "/data_0001.tar.gz.tmp", "x");
        assertThatThrownBy(this::files)
                .isInstanceOf(CatalogException.UnknownVolume.class)
                .hasMessageContaining("data_0001.tar.gz.tmp");
    }

    @Test
    void namesOfFilesAreReadAsTheyAreMade() {
        for (Compression compression : Compression.values()) {
            for (Archive archive : List.of(new Archive.Data(), new Archive.Tablespace(16384))) {
                for (int volume : new int[] {0, 1, 9999, 10000}) {
                    String name = BackupFile.name(archive, volume, compression);
                    assertThat(ArchiveName.of(name)).get().satisfies(read -> {
                        assertThat(read.archive()).isEqualTo(archive);
                        assertThat(read.volume()).isEqualTo(volume);
                        assertThat(read.compression()).contains(compression);
                    });
                }
            }
        }
        assertThat(BackupFile.name(new Archive.Data(), 1, Compression.GZIP)).isEqualTo("data_0001.tar.gz");
    }

    @Test
    void anIdThatIsTakenIsNotGivenAgain() {
        VirtualTimeScheduler timer = VirtualTimeScheduler.create();
        Instant start = Instant.parse("2031-04-05T06:07:08.250Z");
        place("20310405T060708/data.tar", "of a backup in progress");
        place("20310405T060709/backup.info", "");
        List<BackupId> given = new ArrayList<>();
        StepVerifier.create(catalog.newId(() -> start.plusNanos(timer.now(TimeUnit.NANOSECONDS)), timer)
                        .doOnNext(given::add))
                .expectSubscription()
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(749)))
                .then(() -> assertThat(store.requests(StoreOperation.LIST)).isEqualTo(1))
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(1)))
                .then(() -> assertThat(store.requests(StoreOperation.LIST)).isEqualTo(2))
                .then(() -> timer.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNext(new BackupId("20310405T060710"))
                .verifyComplete();
        assertThat(given).hasSize(1);
    }

    @Test
    void aClockThatStandsStillIsAnErrorInTheEnd() {
        VirtualTimeScheduler timer = VirtualTimeScheduler.create();
        place("20310405T060000/data.tar", "x");
        StepVerifier.create(catalog.newId(() -> T0, timer))
                .then(() -> timer.advanceTimeBy(Duration.ofMinutes(1)))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(CatalogException.IdTaken.class)
                        .hasMessageContaining("20310405T060000"))
                .verify();
        assertThat(store.requests(StoreOperation.LIST)).isEqualTo(31);
    }

    @Test
    void writesARecordOnceAndTheSameOneAgain() {
        BackupId id = new BackupId(ONE);
        PutOptions options = new PutOptions(Map.of(), Map.of("team", "a"), Optional.empty());
        BackupCatalog tagged = new BackupCatalog(store, LAYOUT, options);
        tagged.write(id, backup(ONE).info()).block();
        tagged.write(id, backup(ONE).info()).block();
        InMemoryObjectStore.StoredObject record =
                store.stored(LAYOUT.backupKey(ONE, "backup.info")).orElseThrow();
        assertThat(record.toByteArray())
                .isEqualTo(BackupInfoFormat.format(backup(ONE).info()));
        assertThat(record.options()).isEqualTo(options);
        tagged.write(id, backup(ONE).failed().info()).block();
        assertThat(BackupInfoFormat.parse(store.stored(LAYOUT.backupKey(ONE, "backup.info"))
                                .orElseThrow()
                                .toByteArray())
                        .status())
                .isEqualTo(BackupStatus.FAILED);
    }

    @Test
    void theRecordOfAnotherBackupIsNotReplaced() {
        FakeBackup other = backup(ONE).begin("000000010000000000000077").placeIn(store, LAYOUT);
        assertThatThrownBy(() ->
                        catalog.write(new BackupId(ONE), backup(ONE).info()).block())
                .isInstanceOf(CatalogException.IdTaken.class)
                .hasMessageContaining(ONE + "/backup.info");
        place(TWO + "/backup.info", "damaged");
        assertThatThrownBy(() ->
                        catalog.write(new BackupId(TWO), backup(TWO).info()).block())
                .isInstanceOf(CatalogException.IdTaken.class);
        assertThat(store.stored(LAYOUT.backupKey(ONE, "backup.info"))
                        .orElseThrow()
                        .toByteArray())
                .isEqualTo(other.record());
    }

    @Test
    void aLostAnswerToAWriteIsNoFailure() {
        FaultyObjectStore faulty = new FaultyObjectStore(store)
                .script(
                        StoreOperation.PUT_IF_ABSENT,
                        Fault.ambiguous(),
                        Fault.fail(new StoreException.Ambiguous("scripted", StoreException.Detail.NONE, null)));
        BackupCatalog unlucky = new BackupCatalog(faulty, LAYOUT, PutOptions.NONE);
        unlucky.write(new BackupId(ONE), backup(ONE).info()).block();
        unlucky.write(new BackupId(TWO), backup(TWO).info()).block();
        assertThat(list()).hasSize(2);
    }

    @Test
    void aFailingStoreIsAFailureOfTheListing() {
        backup(ONE).placeIn(store, LAYOUT);
        for (StoreOperation operation : List.of(StoreOperation.LIST, StoreOperation.GET)) {
            FaultyObjectStore faulty = new FaultyObjectStore(store).script(operation, Fault.unavailable());
            BackupCatalog unlucky = new BackupCatalog(faulty, LAYOUT, PutOptions.NONE);
            assertThatThrownBy(() -> unlucky.list().blockLast()).isInstanceOf(StoreException.Unavailable.class);
            assertThat(unlucky.list().collectList().block()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 100})
    void aRecordCutOffOnItsWayIsNotTakenForTheRecord(long bytes) {
        backup(ONE).placeIn(store, LAYOUT);
        for (Fault fault : List.of(Fault.truncateBody(bytes), Fault.breakBody(bytes))) {
            FaultyObjectStore faulty = new FaultyObjectStore(store).script(StoreOperation.GET, fault);
            BackupCatalog unlucky = new BackupCatalog(faulty, LAYOUT, PutOptions.NONE);
            assertThatThrownBy(() -> unlucky.list().blockLast()).isInstanceOf(StoreException.Unavailable.class);
        }
        assertThat(store.openDownloads()).isZero();
    }

    @Test
    void aRecordThatIsRefusedHidesNoOtherAndOneThatIsGoneIsNone() {
        backup(ONE).placeIn(store, LAYOUT);
        backup(TWO).placeIn(store, LAYOUT);
        backup(THREE).placeIn(store, LAYOUT);
        FaultyObjectStore faulty = new FaultyObjectStore(store)
                .script(
                        StoreOperation.GET,
                        Fault.fail(new StoreException.AccessDenied("no key", StoreException.Detail.NONE, null)),
                        Fault.fail(new StoreException.NotFound("gone", StoreException.Detail.NONE)));
        List<CatalogEntry> entries = new BackupCatalog(faulty, LAYOUT, PutOptions.NONE)
                .list()
                .collectList()
                .blockOptional()
                .orElseThrow();
        assertThat(entries).hasSize(2);
        assertThat(entries.get(0))
                .isInstanceOfSatisfying(
                        CatalogEntry.Damaged.class,
                        damaged -> assertThat(damaged.reason()).contains("no key"));
        assertThat(entries.get(1).id().value()).isEqualTo(THREE);
    }

    @Test
    void cancellingAListingEndsItsDownloads() {
        backup(ONE).placeIn(store, LAYOUT);
        FaultyObjectStore faulty = new FaultyObjectStore(store).script(StoreOperation.GET, Fault.stallBody(3));
        Disposable listing =
                new BackupCatalog(faulty, LAYOUT, PutOptions.NONE).list().subscribe();
        assertThat(store.openDownloads()).isEqualTo(1);
        listing.dispose();
        assertThat(store.openDownloads()).isZero();
        assertThat(faulty.cancelledBodies()).isEqualTo(1);
    }

    @Test
    void theStateChangesWithRecordsAndMarksOnly() {
        backup(ONE).placeIn(store, LAYOUT);
        var before = catalog.state().block();
        place(ONE + "/data_0001.tar", "x");
        place(TWO + "/data.tar", "x");
        assertThat(catalog.state().block()).isEqualTo(before);
        placeAt(OTHER + ONE + "/annotations/keep", "full");
        var marked = catalog.state().block();
        assertThat(marked).isNotEqualTo(before);
        backup(TWO).placeIn(store, LAYOUT);
        var added = catalog.state().block();
        assertThat(added).isNotEqualTo(marked);
        backup(TWO).placeIn(store, LAYOUT);
        assertThat(catalog.state().block()).isNotEqualTo(added);
    }

    @Test
    void theRecoveryWindowCountsWhatCanBeRestored() {
        backup(ONE).archives("17.tar").placeIn(store, LAYOUT);
        backup(TWO).placeIn(store, LAYOUT);
        FakeBackup.done(THREE, "000000010000000000000009", T0.plusSeconds(5)).placeIn(store, LAYOUT);
        backup("20310404T000000").set("parent_backup_id", THREE).placeIn(store, LAYOUT);
        backup("20310405T000000").failed().placeIn(store, LAYOUT);
        place("20310406T000000/backup.info", "damaged");
        place("20310407T000000/backup.info", "status=FAILED\n");
        assertThat(RecoveryWindow.of(list()))
                .isEqualTo(new RecoveryWindow(
                        Optional.of(T0),
                        Optional.of(T0.plusSeconds(5)),
                        Optional.of(Instant.parse("2031-04-07T00:00:00Z"))));
        assertThat(RecoveryWindow.of(List.of()))
                .isEqualTo(new RecoveryWindow(Optional.empty(), Optional.empty(), Optional.empty()));
    }

    private static FakeBackup backup(String id) {
        return FakeBackup.done(id, "000000010000000000000005", T0);
    }

    private List<CatalogEntry> list() {
        return catalog.list().collectList().blockOptional().orElseThrow();
    }

    private List<BackupFile> files() {
        return catalog.files(new BackupId(ONE)).blockOptional().orElseThrow();
    }

    private void place(String nameBelowBase, String content) {
        placeAt(LAYOUT.basePrefix() + nameBelowBase, content);
    }

    private void placeAt(String key, String content) {
        store.place(new ObjectKey(key), content.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /** Every look is a second later. */
    private static final class TickingClock extends Clock {

        private Instant now;

        TickingClock(Instant start) {
            this.now = start;
        }

        @Override
        public Instant instant() {
            now = now.plusSeconds(1);
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
