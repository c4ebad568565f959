package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.beginning;
import static io.walarchiver.backup.recovery.RecoveryFixture.cluster;
import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.Samples;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupRestoreTest {

    @TempDir
    Path directory;

    private RecoveryFixture fixture;

    @BeforeEach
    void createFixture() {
        fixture = new RecoveryFixture(directory);
    }

    @AfterEach
    void nothingIsHeld() {
        fixture.assertNothingHeld();
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class)
    void everyCompressionGivesTheSameFiles(Compression compression) throws IOException {
        fixture.place("data.tar" + compression.suffix(), cluster());

        RestoredBackup restored = fixture.done();

        assertThat(restored.resumed()).isFalse();
        assertThat(restored.dataDirectory()).isEqualTo(fixture.pgdata);
        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(40_000));
        assertThat(fixture.pgdata.resolve("base/1/1260")).isEmptyFile();
        assertThat(fixture.pgdata.resolve("global/pg_control")).hasSize(8192);
        assertThat(fixture.pgdata.resolve("backup_label")).hasContent(RecoveryFixture.LABEL);
        assertThat(fixture.pgdata.resolve(UnfinishedMark.NAME)).doesNotExist();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.pgdata)))
                .isEqualTo("rwx------");
        assertThat(Files.getLastModifiedTime(fixture.pgdata.resolve("base/1/1259")))
                .isEqualTo(FileTime.fromMillis(1_795_339_301_763L));
        assertThat(fixture.warnings).isEmpty();
        assertThat(fixture.events)
                .containsExactly("started " + RecoveryFixture.ID, "extracted data.tar" + compression.suffix());
    }

    @ParameterizedTest
    @CsvSource({
        "1024, 2, 1, 1",
        "1024, 6, 2, 3",
        "1000, 3, 2, 1",
        "4096, 2, 1, 4",
        "65536, 2, 2, 2",
        "65537, 6, 3, 2",
        "10240, 2, 1, 1",
        "51200, 4, 1, 2",
        "1048576, 2, 2, 2"
    })
    void buffersOfEverySizeGiveTheSameFiles(int bufferBytes, int buffers, int jobs, int ranges) {
        fixture.pool = new BufferPool(bufferBytes, buffers);
        fixture.settings = fixture.settings.withJobs(jobs).withRanges(ranges, 1 << 20);
        fixture.withTablespaces(".gz", "", ".zst");
        fixture.place("data.tar", cluster());

        fixture.done();

        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(40_000));
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.pgdata.resolve("pg_tblspc/" + (16_384 + i) + "/PG_17_202406281/5/16390"))
                    .hasBinaryContent(noise(70_000));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 513, 51_199, 51_200, 51_201, 102_400, 1 << 20})
    void rangesOfEveryLengthGiveTheSameFiles(int rangeBytes) {
        if (rangeBytes == 1) {
            fixture.place("data.tar.bz2", cluster());
        } else {
            fixture.place("data.tar", cluster());
        }
        fixture.pool = new BufferPool(1 << 20, 3);
        fixture.settings = fixture.settings.withRanges(2, rangeBytes);
        if (rangeBytes == 1) {
            fixture.settings = fixture.settings.withRanges(2, 7);
        }

        fixture.done();

        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(40_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"16384.tar", "16384.tar.gz", "16384.tar.bz2", "16384.tar.snappy", "16384.tar.lz4"})
    void restoresTablespacesThatBarmanStored(String name) {
        fixture.withTablespaces("");
        fixture.memory.remove(RecoveryFixture.LAYOUT.backupKey(RecoveryFixture.ID, "16384.tar"));
        fixture.placeAsIs(name, Samples.bytes("tar/" + (name.endsWith(".lz4") ? name + "-pre-3.18-build" : name)));
        fixture.place("data.tar", cluster());

        fixture.done();

        Path space = directory.resolve("restored/space0");
        assertThat(Tree.of(space).keySet())
                .containsExactly(
                        "",
                        "PG_15_202209061",
                        "PG_15_202209061/5",
                        "PG_15_202209061/5/16385",
                        "PG_15_202209061/5/16388",
                        "PG_15_202209061/5/16389");
        assertThat(space.resolve("PG_15_202209061/5/16385")).hasSize(8192);
    }

    @Test
    void filesAreFlushedWhenAskedFor() {
        fixture.settings = fixture.settings.withFlush(true);
        fixture.withTablespaces("");
        fixture.place("data.tar", cluster());
        fixture.destination = fixture.destination.withWalVolume(directory.resolve("wal"));

        fixture.done();

        assertThat(fixture.pgdata.resolve("global/pg_control")).exists();
    }

    @ParameterizedTest
    @CsvSource({"0700, rwx------", "0750, rwxr-x---", "0755, rwx------", "0777, rwx------"})
    void theModeOfTheDataDirectoryIsOneThatPostgresAccepts(String mode, String expected) throws IOException {
        TarBytes tar = new TarBytes()
                .directory(".", Integer.parseInt(mode, 8))
                .file("PG_VERSION", 0640, new byte[] {'1', '7', '\n'})
                .directory("global", 0750);
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.pgdata)))
                .isEqualTo(expected);
        String mine = mode.equals("0750") ? "rwxr-x---" : "rwx------";
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.pgdata.resolve("pg_wal"))))
                .isEqualTo(mine);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.pgdata.resolve("backup_label"))))
                .isEqualTo(mode.equals("0750") ? "rw-r-----" : "rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.pgdata.resolve("PG_VERSION"))))
                .isEqualTo("rw-r-----");
    }

    @Test
    void tablespacesGoWhereTheMappingSays() throws IOException {
        fixture.withTablespaces("", "", "", "");
        fixture.place("data.tar", cluster());
        Path byName = directory.resolve("by name");
        Path byOid = directory.resolve("by-oid");
        Path byLocation = directory.resolve("by-location");
        fixture.destination = fixture.destination.withTablespaces(TablespaceMapping.of(Map.of(
                "space0", byName, "16385", byOid, fixture.tablespaces.get(2).location(), byLocation)));

        fixture.done();

        Path links = fixture.pgdata.resolve("pg_tblspc");
        assertThat(Files.readSymbolicLink(links.resolve("16384"))).isEqualTo(byName);
        assertThat(Files.readSymbolicLink(links.resolve("16385"))).isEqualTo(byOid);
        assertThat(Files.readSymbolicLink(links.resolve("16386"))).isEqualTo(byLocation);
        assertThat(Files.readSymbolicLink(links.resolve("16387"))).isEqualTo(directory.resolve("restored/space3"));
        for (Path space : List.of(byName, byOid, byLocation, directory.resolve("restored/space3"))) {
            assertThat(space.resolve("PG_17_202406281/5/16390")).hasBinaryContent(noise(70_000));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(space)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void aTablespaceInsideTheDataDirectoryIsRestoredAfterIt() throws IOException {
        fixture.tablespaces = List.of(new TablespaceLocation(
                "inner", 16_384, fixture.pgdata.resolve("inner").toString()));
        // Its files are stored twice; those of its own archive are the right ones.
        TarBytes data = beginning(new TarBytes())
                .directory("inner", 0700)
                .directory("inner/PG_17_202406281", 0700)
                .file("inner/PG_17_202406281/1", noise(9000));
        fixture.place("data.tar", end(data).bytes());
        fixture.place(
                "16384.tar",
                new TarBytes()
                        .directory("PG_17_202406281", 0700)
                        .file("PG_17_202406281/1", noise(8192))
                        .bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve("inner/PG_17_202406281/1")).hasBinaryContent(noise(8192));
        assertThat(Files.readSymbolicLink(fixture.pgdata.resolve("pg_tblspc/16384")))
                .isEqualTo(fixture.pgdata.resolve("inner"));
        assertThat(fixture.warnings).anyMatch(text -> text.contains("advises against"));
    }

    @Test
    void aTablespaceInPlaceHasNoArchive() {
        fixture.tablespaces = List.of(new TablespaceLocation("here", 16_384, "pg_tblspc/16384"));
        TarBytes data =
                beginning(new TarBytes()).directory("pg_tblspc/16384", 0700).file("pg_tblspc/16384/1", noise(77));
        fixture.place("data.tar", end(data).bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve("pg_tblspc/16384")).isDirectory();
        assertThat(fixture.pgdata.resolve("pg_tblspc/16384/1")).hasBinaryContent(noise(77));
    }

    @Test
    void theLogCanLiveOnAVolumeOfItsOwn() throws IOException {
        TarBytes data = beginning(new TarBytes())
                .directory("pg_wal/archive_status", 0700)
                .file("pg_wal/000000010000000000000003", noise(500));
        fixture.place("data.tar", end(data).bytes());
        Path volume = directory.resolve("wal");
        fixture.destination = fixture.destination.withWalVolume(volume);

        fixture.done();

        assertThat(Files.readSymbolicLink(fixture.pgdata.resolve("pg_wal"))).isEqualTo(volume.resolve("pg_wal"));
        assertThat(volume.resolve("pg_wal/archive_status")).isDirectory();
        assertThat(volume.resolve("pg_wal/000000010000000000000003")).hasBinaryContent(noise(500));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(volume.resolve("pg_wal"))))
                .isEqualTo("rwx------");
    }

    @Test
    void whatWouldDoHarmIsLeftOut() {
        TarBytes data = beginning(new TarBytes());
        for (String harmful : List.of(
                "standby.signal",
                "./recovery.signal",
                "recovery.conf",
                "postmaster.pid",
                "postmaster.opts",
                "tablespace_map",
                "backup_manifest")) {
            data.file(harmful, "x");
        }
        data.directory("pg_replslot/slot", 0700)
                .file("pg_replslot/slot/state", "x")
                .file("pg_replslot/slot/deeper/still", "x")
                .file("pg_stat_tmp/db_0.stat", "x")
                .file("pg_notify/0000", "x")
                .symbolicLink("pg_tblspc/16399", "/original")
                .special("pipe", TarConstants.LF_FIFO)
                .special("null", TarConstants.LF_CHR)
                .file(UnfinishedMark.NAME + "/state", "x");
        fixture.place("data.tar", end(data).bytes());

        fixture.done();

        SortedMap<String, String> tree = Tree.of(fixture.pgdata);
        assertThat(tree)
                .doesNotContainKeys(
                        "standby.signal",
                        "recovery.signal",
                        "recovery.conf",
                        "postmaster.pid",
                        "postmaster.opts",
                        "tablespace_map",
                        "backup_manifest",
                        "pg_replslot/slot",
                        "pg_stat_tmp/db_0.stat",
                        "pg_notify/0000",
                        "pg_tblspc/16399",
                        "pipe",
                        "null",
                        UnfinishedMark.NAME)
                .containsKeys("pg_replslot", "pg_stat_tmp", "pg_notify", "pg_tblspc");
        assertThat(fixture.warnings).hasSize(4);
    }

    @Test
    void ordinaryLinksAreRestored() throws IOException {
        TarBytes data = beginning(new TarBytes())
                .symbolicLink("pg_hba.conf", "/etc/postgresql/pg_hba.conf")
                .hardLink("base/1/1259_again", "./base/1/1259")
                .file("base/1/1263", noise(5))
                .file("base/1/1263", noise(3000))
                .symbolicLink("base/1/1264", "nowhere")
                .file("base/1/1264", noise(60));
        fixture.place("data.tar", end(data).bytes());

        fixture.done();

        assertThat(Files.readSymbolicLink(fixture.pgdata.resolve("pg_hba.conf")))
                .isEqualTo(Path.of("/etc/postgresql/pg_hba.conf"));
        assertThat(Files.isSameFile(fixture.pgdata.resolve("base/1/1259_again"), fixture.pgdata.resolve("base/1/1259")))
                .isTrue();
        assertThat(fixture.pgdata.resolve("base/1/1263")).hasBinaryContent(noise(3000));
        assertThat(fixture.pgdata.resolve("base/1/1264")).isRegularFile().hasBinaryContent(noise(60));
    }

    @Test
    void progressIsToldToTheEnd() {
        fixture.withTablespaces(".gz");
        fixture.place("data.tar", cluster());
        fixture.pool = new BufferPool(16 << 10, 4);

        RestoredBackup restored = fixture.done();

        assertThat(restored.progress().downloadedBytes())
                .isEqualTo(restored.progress().totalBytes())
                .isPositive();
        assertThat(restored.progress().fraction()).isEqualTo(1);
        assertThat(restored.progress().files()).isEqualTo(9);
        assertThat(restored.progress().writtenBytes()).isGreaterThan(120_000);
        assertThat(fixture.progress.size()).isGreaterThan(8);
        assertThat(fixture.progress).allSatisfy(step -> {
            assertThat(step.downloadedBytes()).isLessThanOrEqualTo(step.totalBytes());
            assertThat(step.remaining().orElse(Duration.ZERO)).isGreaterThanOrEqualTo(Duration.ZERO);
        });
    }

    @Test
    void versionsBeforeTenCallTheLogXlog() {
        fixture.version = 90_624;
        TarBytes data = new TarBytes()
                .directory(".", 0700)
                .file("PG_VERSION", "9.6\n")
                .directory("global", 0700)
                .directory("pg_tblspc", 0700);
        fixture.place("data.tar", end(data).bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve("pg_xlog")).isDirectory();
        assertThat(fixture.pgdata.resolve("pg_wal")).doesNotExist();
    }
}
