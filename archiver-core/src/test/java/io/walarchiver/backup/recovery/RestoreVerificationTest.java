package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.beginning;
import static io.walarchiver.backup.recovery.RecoveryFixture.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log before, and the cluster after: what does not belong together is not handed out. */
class RestoreVerificationTest {

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

    private static ObjectKey firstWal() {
        return RecoveryFixture.LAYOUT.walKey(new WalFileName.Segment(RecoveryFixture.FIRST), Compression.NONE);
    }

    private RecoveryException failsAtOnce() {
        RecoveryException failure = fixture.failure();
        assertThat(fixture.pgdata).doesNotExist();
        assertThat(fixture.events).isEmpty();
        return failure;
    }

    @Test
    void withoutItsFirstLogABackupIsNotRestored() {
        fixture.place("data.tar", cluster());
        fixture.memory.remove(firstWal());

        assertThat(failsAtOnce())
                .isInstanceOf(RecoveryException.FirstWalMissing.class)
                .hasMessageContaining("000000010000000000000003")
                .hasMessageContaining("pg/main/orders-db/wals/")
                .hasMessageContaining("memory");
    }

    @Test
    void aDamagedFirstLogIsAsGoodAsNone() {
        fixture.place("data.tar", cluster());
        fixture.memory.place(firstWal(), new byte[RecoveryFixture.SIZE.bytes()], Map.of());

        assertThat(failsAtOnce())
                .isInstanceOf(RecoveryException.FirstWalMissing.class)
                .hasMessageContaining("of no use");
    }

    @Test
    void theLogOfAnotherClusterIsNotTheBackups() {
        fixture.place("data.tar", cluster());
        fixture.placeWal(RecoveryFixture.FIRST, 4711);

        assertThat(failsAtOnce())
                .isInstanceOf(RecoveryException.WrongServer.class)
                .hasMessageContaining("4711");
    }

    @Test
    void aLastLogThatIsNotThereYetIsTold() {
        fixture.place("data.tar", cluster());
        fixture.endMissing = true;

        fixture.done();

        assertThat(fixture.warnings).singleElement().asString().contains("000000010000000000000004");
    }

    @Test
    void theHistoryOfTheTargetTimelineMustBeThere() {
        fixture.place("data.tar", cluster());
        fixture.target = RecoveryTarget.latest().with(new TargetTimeline.Numbered(new Timeline(7)));

        assertThat(failsAtOnce())
                .isInstanceOf(RecoveryException.FirstWalMissing.class)
                .hasMessageContaining("00000007.history");

        fixture.memory.place(
                RecoveryFixture.LAYOUT.walKey(new WalFileName.TimelineHistoryFile(new Timeline(7)), Compression.NONE),
                "1\t0/A000198\tbefore\n".getBytes(StandardCharsets.UTF_8),
                Map.of());
        fixture.done();
    }

    @Test
    void aBackupOfAnotherMajorVersionIsRefusedBeforeAnyRequest() {
        fixture.place("data.tar", cluster());
        fixture.settings = fixture.settings.withMajorVersion(16);

        assertThat(failsAtOnce())
                .isInstanceOf(RecoveryException.WrongServer.class)
                .hasMessageContaining("wrong server version")
                .hasMessageContaining("17")
                .hasMessageContaining("16");
        assertThat(fixture.store.calls(StoreOperation.GET)).isZero();

        fixture.settings = fixture.settings.withMajorVersion(17);
        fixture.done();
    }

    @Test
    void aClusterOfAnotherVersionThanRecordedIsNotHandedOut() {
        fixture.version = 160_001;
        fixture.place("data.tar", cluster());

        assertThat(failsAtTheEnd()).isInstanceOf(RecoveryException.WrongServer.class);
    }

    private RecoveryException failsAtTheEnd() {
        RecoveryException failure = fixture.failure();
        assertThat(fixture.isMarked()).isTrue();
        assertThat(fixture.pgdata.resolve("global/pg_control")).doesNotExist();
        return failure;
    }

    @Test
    void anotherClusterThanRecordedIsNotHandedOut() {
        TarBytes tar = beginning(new TarBytes())
                .file("global/pg_control", FakeCluster.controlFile(RecoveryFixture.SIZE, 4711))
                .file("backup_label", RecoveryFixture.LABEL);
        fixture.place("data.tar", tar.bytes());

        assertThat(failsAtTheEnd())
                .isInstanceOf(RecoveryException.WrongServer.class)
                .hasMessageContaining("4711");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "START WAL LOCATION: 0/300027 (file 000000010000000000000003)\n",
                "START WAL LOCATION: nowhere\n",
                "CHECKPOINT LOCATION: 0/300060\nSTART WAL LOCATION: 0/300028 (file 000000010000000000000003)\n"
            })
    void aLabelThatContradictsTheRecordIsNotHandedOut(String label) {
        TarBytes tar = beginning(new TarBytes())
                .file("global/pg_control", FakeCluster.controlFile(RecoveryFixture.SIZE, fixture.identifier))
                .file("backup_label", label);
        fixture.place("data.tar", tar.bytes());

        assertThat(failsAtTheEnd())
                .isInstanceOf(RecoveryException.CorruptArchive.class)
                .hasMessageContaining("backup_label");
    }

    @Test
    void archivesThatWereWrongAreReadAgain() {
        String wrong = RecoveryFixture.LABEL.replace("0/300028", "0/300027");
        TarBytes tar = beginning(new TarBytes())
                .file("global/pg_control", FakeCluster.controlFile(RecoveryFixture.SIZE, fixture.identifier))
                .file("backup_label", 0644, wrong.getBytes(StandardCharsets.UTF_8));
        fixture.place("data.tar", tar.bytes());
        assertThat(failsAtTheEnd()).hasMessageContaining("0/300027");

        // The same length: nothing but its content tells that it is another object.
        fixture.place("data.tar", cluster());

        assertThat(fixture.done().resumed()).isTrue();
        assertThat(fixture.pgdata.resolve("backup_label")).hasContent(RecoveryFixture.LABEL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PG_VERSION", "global/pg_control", "backup_label"})
    void nothingThatAServerNeedsMayBeMissing(String name) {
        TarBytes tar = new TarBytes().directory(".", 0700).directory("global", 0700);
        Map<String, byte[]> all = Map.of(
                "PG_VERSION",
                "17\n".getBytes(StandardCharsets.UTF_8),
                "global/pg_control",
                FakeCluster.controlFile(RecoveryFixture.SIZE, fixture.identifier),
                "backup_label",
                RecoveryFixture.LABEL.getBytes(StandardCharsets.UTF_8));
        all.forEach((file, content) -> {
            if (!file.equals(name)) {
                tar.file(file, content);
            }
        });
        fixture.place("data.tar", tar.bytes());

        assertThat(failsAtTheEnd())
                .isInstanceOf(RecoveryException.CorruptArchive.class)
                .hasMessageContaining("hold no " + name);
    }

    @Test
    void aFileThatAServerNeedsMayNotBeALink() {
        TarBytes tar = beginning(new TarBytes())
                .file("global/pg_control", FakeCluster.controlFile(RecoveryFixture.SIZE, fixture.identifier))
                .file("elsewhere", RecoveryFixture.LABEL)
                .symbolicLink("backup_label", "elsewhere");
        fixture.place("data.tar", tar.bytes());

        assertThat(failsAtTheEnd()).isInstanceOf(RecoveryException.CorruptArchive.class);
    }

    @Test
    void objectsOfAnUnknownTablespaceAreTold() {
        fixture.place("data.tar", cluster());
        fixture.place("16999.tar", RecoveryFixture.tablespace());

        fixture.done();

        assertThat(fixture.warnings).singleElement().asString().contains("16999");
    }

    @Test
    void theControlFileOfAnUnknownVersionIsCheckedAsFarAsItCan() {
        byte[] control = FakeCluster.controlFile(RecoveryFixture.SIZE, fixture.identifier);
        control[8] = (byte) (1900 & 0xFF);
        control[9] = (byte) (1900 >> 8);
        TarBytes tar = beginning(new TarBytes())
                .file("global/pg_control", control)
                .file("backup_label", RecoveryFixture.LABEL);
        fixture.place("data.tar", tar.bytes());

        fixture.done();

        assertThat(fixture.warnings).singleElement().asString().contains("1900");

        RecoveryFixture other = new RecoveryFixture(directory.resolve("other"));
        control[0]++;
        other.place(
                "data.tar",
                beginning(new TarBytes())
                        .file("global/pg_control", control)
                        .file("backup_label", RecoveryFixture.LABEL)
                        .bytes());
        assertThat(other.failure()).isInstanceOf(RecoveryException.WrongServer.class);
    }

    @Test
    void aFailedBackupIsNotRestoredWhoeverAsks() {
        fixture.place("data.tar", cluster());
        fixture.error = "failure uploading data (x)";

        assertThat(failsAtOnce())
                .isInstanceOf(RecoveryException.NoSuitableBackup.class)
                .hasMessageContaining("failure uploading data");
    }
}
