package io.walarchiver.backup.base;

import static io.walarchiver.backup.base.BackupFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.base.ScriptedSession.Call;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Fault;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.ServerSideEncryption;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

@Timeout(120)
class BaseBackupTest {

    private static final WalSegmentName SEGMENT = WalSegmentName.parse("0000000A000000020000003F");

    @TempDir
    Path directory;

    private BackupFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new BackupFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.assertNothingHeld();
        fixture.close();
    }

    @Test
    void aBackupIsATarAndARecord() throws IOException {
        byte[] relation = fixture.noise("base/1/16384", 100_000);

        CompletedBackup backup = fixture.take();

        assertThat(fixture.objects(backup.id())).containsExactly("backup.info", "data.tar");
        StoredTar tar = fixture.tar(backup.id(), "data.tar");
        assertThat(tar.names())
                .containsExactly(
                        "./",
                        "./PG_VERSION",
                        "./pg_hba.conf",
                        "./pg_ident.conf",
                        "./postgresql.conf",
                        "base/",
                        "base/1/",
                        "base/1/16384",
                        "global/",
                        "pg_notify/",
                        "pg_stat_tmp/",
                        "pg_tblspc/",
                        "pg_wal/",
                        "global/pg_control",
                        "backup_label");
        assertThat(tar.member("base/1/16384").content()).isEqualTo(relation);
        assertThat(tar.member("./").mode()).isEqualTo(0700);
        assertThat(tar.member("global/pg_control").content())
                .isEqualTo(FakeCluster.controlFile(SegmentSize.DEFAULT, FakeCluster.SYSTEM_IDENTIFIER));
    }

    @Test
    void theLabelIsWhatStopReturnedAndBelongsToTheOwnerOfTheData() {
        CompletedBackup backup = fixture.take();

        StoredTar tar = fixture.tar(backup.id(), "data.tar");
        StoredTar.Member label = tar.member("backup_label");
        String expected = ScriptedSession.LABEL.formatted("Barman backup cloud " + backup.id());
        assertThat(new String(label.content(), StandardCharsets.UTF_8))
                .isEqualTo(expected)
                .isEqualTo(backup.label());
        assertThat(label.mode()).isEqualTo(0600);
        assertThat(label.entry().getLongUserId())
                .isEqualTo(tar.member("./").entry().getLongUserId());
        assertThat(label.entry().getUserName())
                .isEqualTo(tar.member("./").entry().getUserName());
    }

    @Test
    void theRecordSaysWhatTheServerSaid() {
        CompletedBackup backup = Objects.requireNonNull(
                fixture.backup().take(Optional.of("nightly-1")).block(PATIENCE));

        BackupInfo record = fixture.record(backup.id());
        assertThat(record.status()).isEqualTo(BackupStatus.DONE);
        assertThat(record.isUsable()).isTrue();
        assertThat(record.name()).hasValue("nightly-1");
        assertThat(record.begin().lsn()).hasValue(ScriptedSession.START);
        assertThat(record.begin().time()).hasValue(ScriptedSession.STARTED);
        assertThat(record.begin().segment()).hasValue(SEGMENT);
        assertThat(record.begin().offset()).hasValue(40);
        assertThat(record.end().lsn()).hasValue(ScriptedSession.STOP);
        assertThat(record.end().time()).hasValue(ScriptedSession.STOPPED);
        assertThat(record.end().segment()).hasValue(SEGMENT);
        assertThat(record.end().offset()).hasValue(312);
        assertThat(record.timeline().orElseThrow().id()).isEqualTo(10);
        assertThat(record.serverVersion()).hasValue(170_004);
        assertThat(record.systemIdentifier()).hasValue(Long.toString(FakeCluster.SYSTEM_IDENTIFIER));
        assertThat(record.segmentSizeBytes()).isEqualTo(16 << 20);
        assertThat(record.dataDirectory()).hasValue(fixture.pgdata.toString());
        assertThat(record.configurationFiles())
                .containsEntry(
                        "config_file", fixture.pgdata.resolve("postgresql.conf").toString())
                .containsEntry("hba_file", fixture.pgdata.resolve("pg_hba.conf").toString())
                .containsEntry(
                        "ident_file", fixture.pgdata.resolve("pg_ident.conf").toString());
        assertThat(record.label()).hasValue(backup.label());
        assertThat(record.raw())
                .hasSize(28)
                .containsEntry("server_name", "cloud")
                .containsEntry("timeline", "10");
        assertThat(fixture.recorder.completed).containsExactly(backup);
    }

    @Test
    void theResultSaysWhatIsInTheArchive() throws IOException {
        fixture.noise("base/1/16384", 12_000_000);

        CompletedBackup backup = fixture.take();

        assertThat(BackupId.isRegular(backup.id().value())).isTrue();
        assertThat(backup.beginWal()).isEqualTo(SEGMENT);
        assertThat(backup.endWal()).isEqualTo(SEGMENT);
        assertThat(backup.beginLsn()).isEqualTo(ScriptedSession.START);
        assertThat(backup.endLsn()).isEqualTo(ScriptedSession.STOP);
        assertThat(backup.startedAt()).isEqualTo(ScriptedSession.STARTED);
        assertThat(backup.stoppedAt()).isEqualTo(ScriptedSession.STOPPED);
        assertThat(backup.fromStandby()).isFalse();
        assertThat(backup.systemIdentifier()).isEqualTo(FakeCluster.SYSTEM_IDENTIFIER);
        assertThat(backup.bytesStored())
                .isEqualTo(fixture.store
                        .stored(fixture.key(backup.id(), "data.tar"))
                        .orElseThrow()
                        .bytes()
                        .remaining());
        assertThat(backup.bytesRead()).isBetween(12_000_000L, 12_100_000L);
        // Four at the top, the relation, the control file, the label.
        assertThat(backup.files()).isEqualTo(7);
        assertThat(backup.damagedPages()).isZero();
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = EnumSource.Mode.EXCLUDE, names = "XZ")
    void everyCompressionStoresTheSameMembersInOneStream(Compression compression) throws IOException {
        fixture.compression = compression;
        byte[] noise = fixture.noise("base/1/16384", 7_000_000);
        fixture.write("base/1/16385", "compressible ".repeat(500_000));

        CompletedBackup backup = fixture.take();

        assertThat(fixture.objects(backup.id())).containsExactly("backup.info", "data.tar" + compression.suffix());
        StoredTar tar = fixture.tar(backup.id(), "data.tar" + compression.suffix());
        assertThat(tar.member("base/1/16384").content()).isEqualTo(noise);
        assertThat(tar.member("base/1/16385").content()).hasSize(6_500_000);
        assertThat(tar.names()).endsWith("global/pg_control", "backup_label");
    }

    @Test
    void xzIsRefusedBecauseNoReaderKnowsIt() {
        fixture.compression = Compression.XZ;
        assertThatThrownBy(() -> fixture.backup()).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-512, -1, 0, 1, 512, 1024, 10_240})
    void filesThatEndAroundTheEndOfAPartAreWhole(int more) throws IOException {
        byte[] first = fixture.noise("base/1/16384", BackupFixture.BUFFER_BYTES + more);
        byte[] second = fixture.noise("base/1/16385", BackupFixture.BUFFER_BYTES - 5 * 1024 + more);

        CompletedBackup backup = fixture.take();

        StoredTar tar = fixture.tar(backup.id(), "data.tar");
        assertThat(tar.member("base/1/16384").content()).isEqualTo(first);
        assertThat(tar.member("base/1/16385").content()).isEqualTo(second);
        assertThat(tar.names()).endsWith("global/pg_control", "backup_label");
    }

    @Test
    void tablespacesHaveArchivesOfTheirOwn() throws IOException {
        Path fast = directory.resolve("fast disk");
        fixture.tablespace(24_601, fast);
        fixture.tablespace(24_700, directory.resolve("slow"));
        Files.writeString(fast.resolve("PG_17_202406281/5/30000"), "rows");
        Files.createDirectories(fast.resolve("PG_16_202307071/5"));
        Files.writeString(fast.resolve("PG_16_202307071/5/20000"), "of before the upgrade");
        Files.writeString(fast.resolve("notes.txt"), "mine");

        CompletedBackup backup = fixture.take();

        assertThat(fixture.objects(backup.id())).containsExactly("24601.tar", "24700.tar", "backup.info", "data.tar");
        assertThat(fixture.tar(backup.id(), "24601.tar").names())
                .containsExactly("PG_17_202406281/", "PG_17_202406281/5/", "PG_17_202406281/5/30000");
        assertThat(fixture.tar(backup.id(), "24700.tar").names())
                .containsExactly("PG_17_202406281/", "PG_17_202406281/5/");
        assertThat(fixture.tar(backup.id(), "data.tar").names())
                .contains("pg_tblspc/")
                .noneMatch(name -> name.startsWith("pg_tblspc/2"));
        assertThat(fixture.record(backup.id()).tablespaces())
                .isEqualTo(fixture.session.facts().tablespaces());
    }

    @Test
    void aSmallLimitMakesVolumesThatAreWholeTars() throws IOException {
        fixture.settings(settings -> settings.withMaxArchiveBytes(1 << 20));
        fixture.tablespace(24_601, directory.resolve("fast"));
        for (int i = 0; i < 9; i++) {
            fixture.noise("base/1/1638" + i, 1_500_000);
            Files.copy(fixture.pgdata.resolve("base/1/1638" + i), directory.resolve("fast/PG_17_202406281/5/1638" + i));
        }

        CompletedBackup backup = fixture.take();

        List<String> objects = fixture.objects(backup.id());
        assertThat(objects)
                .contains("data.tar", "data_0001.tar", "data_0002.tar", "24601.tar", "24601_0001.tar", "backup.info");
        List<String> members = new ArrayList<>();
        List<String> names =
                objects.stream().filter(name -> name.startsWith("data")).toList();
        for (String name : names) {
            StoredTar tar = fixture.tar(backup.id(), name);
            assertThat(tar.names().contains("./")).isEqualTo(name.equals("data.tar"));
            assertThat(tar.names().contains("backup_label")).isEqualTo(name.equals(names.get(names.size() - 1)));
            assertThat(tar.members()).isNotEmpty();
            members.addAll(tar.names());
        }
        assertThat(members).doesNotHaveDuplicates().startsWith("./").endsWith("global/pg_control", "backup_label");
        assertThat(members.stream()
                        .filter(name -> name.startsWith("base/1/1638"))
                        .count())
                .isEqualTo(9);
        assertThat(backup.bytesStored())
                .isEqualTo(objects.stream()
                        .filter(name -> name.endsWith(".tar"))
                        .mapToLong(name -> fixture.store
                                .stored(fixture.key(backup.id(), name))
                                .orElseThrow()
                                .bytes()
                                .remaining())
                        .sum());
    }

    @Test
    void theControlFileIsReadAfterEverythingElse() throws IOException {
        fixture.tablespace(24_601, directory.resolve("fast"));
        byte[] changed = FakeCluster.controlFile(SegmentSize.DEFAULT, FakeCluster.SYSTEM_IDENTIFIER);
        changed[changed.length - 1] = 1;
        Sinks.Empty<Void> letGo = Sinks.empty();
        // The data directory's upload, then the tablespace's.
        fixture.faulty.script(StoreOperation.START_MULTIPART, Fault.pass(), Fault.delayUntil(letGo.asMono()));

        StepVerifier.create(fixture.backup().take(Optional.empty()))
                .then(() -> {
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .until(() -> fixture.faulty.calls(StoreOperation.START_MULTIPART) == 2);
                    writeControlFile(changed);
                    assertThat(letGo.tryEmitEmpty()).isEqualTo(Sinks.EmitResult.OK);
                })
                .assertNext(backup -> assertThat(fixture.tar(backup.id(), "data.tar")
                                .member("global/pg_control")
                                .content())
                        .isEqualTo(changed))
                .expectComplete()
                .verify(PATIENCE);
    }

    private void writeControlFile(byte[] content) {
        try {
            Files.write(fixture.pgdata.resolve("global/pg_control"), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theServerIsAskedInOrder() {
        fixture.take();

        assertThat(fixture.session.calls.subList(0, 6))
                .containsExactly(Call.CONNECT, Call.START, Call.STOP, Call.RESTORE_POINT, Call.SWITCH_WAL, Call.CLOSE);
        assertThat(fixture.session.fast).isFalse();
        assertThat(fixture.recorder.phases)
                .containsExactly(
                        BackupPhase.CONNECTING,
                        BackupPhase.STARTING,
                        BackupPhase.COPYING,
                        BackupPhase.STOPPING,
                        BackupPhase.FINISHING,
                        BackupPhase.RECORDING,
                        BackupPhase.COMPLETED);
    }

    @Test
    void aFastCheckpointIsAskedForWhenConfigured() {
        fixture.settings(settings -> settings.withFastCheckpoint(true));
        fixture.take();
        assertThat(fixture.session.fast).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"RESTORE_POINT", "SWITCH_WAL"})
    void withoutARestorePointTheBackupIsWholeAllTheSame(Call call) {
        BackupException failure = new BackupException.SessionLost("scripted", null);
        fixture.session.fail(call, failure);

        CompletedBackup backup = fixture.take();

        assertThat(fixture.record(backup.id()).isUsable()).isTrue();
        assertThat(fixture.recorder.without).singleElement().satisfies(without -> {
            assertThat(without.getKey()).isEqualTo("the restore point barman_" + backup.id());
            assertThat(without.getValue()).isSameAs(failure);
        });
    }

    @Test
    void tagsAndEncryptionGoWithEveryArchive() throws IOException {
        PutOptions options = new PutOptions(
                Map.of(), Map.of("team", "a+b/c"), Optional.of(new ServerSideEncryption.Kms(Optional.of("1234-abcd"))));
        fixture.settings(settings -> settings.withOptions(options).withMaxArchiveBytes(1 << 20));
        fixture.tablespace(24_601, directory.resolve("fast"));
        fixture.noise("base/1/16384", 2_000_000);
        fixture.noise("base/1/16385", 2_000_000);

        CompletedBackup backup = fixture.take();

        assertThat(fixture.objects(backup.id()))
                .contains("24601.tar", "data.tar", "data_0001.tar")
                .filteredOn(name -> name.contains(".tar"))
                .allSatisfy(name -> assertThat(fixture.store
                                .stored(fixture.key(backup.id(), name))
                                .orElseThrow()
                                .options())
                        .isEqualTo(options));
    }

    @Test
    void configurationOutsideTheDataDirectoryIsStoredAtItsTop() throws IOException {
        Path etc = Files.createDirectory(directory.resolve("etc"));
        Files.writeString(etc.resolve("postgresql.conf"), "of the server");
        Files.writeString(etc.resolve("hba.conf"), "rules");
        // The one in the data directory is not the server's.
        fixture.write("postgresql.conf", "left behind");
        fixture.session.facts(withConfiguration(
                fixture.session.facts(),
                etc.resolve("postgresql.conf"),
                etc.resolve("hba.conf"),
                etc.resolve("no_ident.conf")));

        CompletedBackup backup = fixture.take();

        StoredTar tar = fixture.tar(backup.id(), "data.tar");
        assertThat(tar.names())
                .endsWith("pg_wal/", "global/pg_control", "postgresql.conf", "hba.conf", "backup_label")
                .doesNotContain("./postgresql.conf");
        assertThat(new String(tar.member("postgresql.conf").content(), StandardCharsets.UTF_8))
                .isEqualTo("of the server");
    }

    @Test
    void aLinkToConfigurationOutsideIsReplacedByItsContent() throws IOException {
        Path etc = Files.createDirectory(directory.resolve("etc"));
        Files.writeString(etc.resolve("real.conf"), "of the server");
        Files.delete(fixture.pgdata.resolve("postgresql.conf"));
        Files.createSymbolicLink(fixture.pgdata.resolve("postgresql.conf"), etc.resolve("real.conf"));

        CompletedBackup backup = fixture.take();

        StoredTar.Member stored = fixture.tar(backup.id(), "data.tar").member("postgresql.conf");
        assertThat(stored.entry().isFile()).isTrue();
        assertThat(new String(stored.content(), StandardCharsets.UTF_8)).isEqualTo("of the server");
    }

    private static ServerFacts withConfiguration(ServerFacts facts, Path config, Path hba, Path ident) {
        return new ServerFacts(
                facts.version(),
                facts.systemIdentifier(),
                facts.inRecovery(),
                facts.archiveMode(),
                facts.dataDirectory(),
                facts.segmentSize(),
                facts.blockSize(),
                facts.relationSegmentBlocks(),
                config.toString(),
                hba.toString(),
                ident.toString(),
                facts.includedFiles(),
                facts.tablespaces(),
                facts.clusterSizeBytes());
    }

    @Test
    void anAnswerLostAtTheCompletionOfAnArchiveIsNoFailure() {
        fixture.faulty.script(
                StoreOperation.COMPLETE_MULTIPART,
                Fault.failAfterEffect(
                        new StoreException.Unavailable("scripted: no answer", StoreException.Detail.NONE, null)));

        CompletedBackup backup = fixture.take();

        assertThat(fixture.tar(backup.id(), "data.tar").names()).endsWith("backup_label");
    }

    @Test
    void progressIsTold() throws IOException {
        fixture.noise("base/1/16384", 12_000_000);
        BaseBackup backup = fixture.backup();
        assertThat(backup.progress()).isEmpty();
        fixture.session.hang(Call.STOP);

        Disposable taking = backup.take(Optional.of("nightly")).subscribe();
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> backup.progress()
                        .filter(now -> now.phase() == BackupPhase.STOPPING)
                        .isPresent());
        BackupProgress progress = backup.progress().orElseThrow();
        taking.dispose();
        backup.idle().block(PATIENCE);

        assertThat(progress.name()).hasValue("nightly");
        assertThat(progress.id()).isPresent();
        assertThat(progress.bytesTotal()).isEqualTo(12_345_678);
        assertThat(progress.bytesRead()).isBetween(12_000_000L, 12_100_000L);
        assertThat(progress.bytesStored()).isEqualTo(10 << 20);
        assertThat(progress.files()).isEqualTo(6);
        assertThat(progress.fraction()).isBetween(0.9, 1.0);
        assertThat(progress.bytesPerSecond()).isPositive();
        assertThat(progress.timeLeft()).isEmpty();
        assertThat(backup.progress().orElseThrow().phase()).isEqualTo(BackupPhase.FAILED);
    }
}
