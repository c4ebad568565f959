package io.walarchiver.backup.verify;

import static io.walarchiver.backup.verify.VerificationFixture.BACKUP;
import static io.walarchiver.backup.verify.VerificationFixture.CLUSTER;
import static io.walarchiver.backup.verify.VerificationFixture.SIZE;
import static io.walarchiver.backup.verify.VerificationFixture.backupKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.backup.verify.Finding.Severity;
import io.walarchiver.backup.verify.VerificationReport.Verdict;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.testing.FakeCluster;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found in the archives and the record of a backup. */
@Timeout(120)
class BackupVerificationTest {

    private static final long OTHER_CLUSTER = 7_000_000_000_000_000_001L;

    private final VerificationFixture archive = new VerificationFixture();

    @AfterEach
    void close() {
        archive.close();
    }

    private List<Finding> errors() {
        return archive.found.stream()
                .filter(finding -> finding.severity() == Severity.ERROR)
                .toList();
    }

    private void assertOneError(Kind kind, String subject, String... words) {
        assertThat(errors()).hasSize(1);
        assertThat(errors().get(0).kind()).isEqualTo(kind);
        assertThat(errors().get(0).subject()).isEqualTo(subject);
        for (String word : words) {
            assertThat(errors().get(0).problem()).contains(word);
        }
        assertThat(errors().get(0).remedy()).isNotBlank();
    }

    private void replaceData(Map<String, byte[]> files) {
        archive.placeEverything();
        archive.memory.remove(backupKey("data_0001.tar.gz"));
        archive.placeArchive("data", files, Compression.GZIP);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PG_VERSION", "backup_label", "global/pg_control"})
    void aBackupWithoutAFileThatAllHaveIsBad(String name) {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        files.remove(name);
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), name);
    }

    @Test
    void aBackupOfAnotherVersionThanItsRecordIsBad() {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        files.put("PG_VERSION", "16\n".getBytes(StandardCharsets.UTF_8));
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), "16", "17");
    }

    @Test
    void aBackupWithAnotherLabelThanItsRecordIsBad() {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        files.put("backup_label", "START WAL LOCATION: 0/1\n".getBytes(StandardCharsets.UTF_8));
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), "backup_label");
    }

    @Test
    void aBackupOfAnotherClusterThanItsRecordIsBad() {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        files.put("global/pg_control", FakeCluster.controlFile(SIZE, OTHER_CLUSTER));
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), "pg_control", Long.toString(OTHER_CLUSTER));
    }

    @Test
    void aDamagedControlFileIsBad() {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        byte[] control = FakeCluster.controlFile(SIZE, CLUSTER);
        control[100] ^= 1;
        files.put("global/pg_control", control);
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), "pg_control is damaged");
    }

    @Test
    void ofTwoMembersWithOneNameTheLaterOneCounts() {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        files.put("./PG_VERSION", "16\n".getBytes(StandardCharsets.UTF_8));
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), "16");
    }

    @Test
    void aTablespaceMapIsBad() {
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        files.put("tablespace_map", "24601 /srv/fast\n".getBytes(StandardCharsets.UTF_8));
        replaceData(files);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("data.tar.gz").value(), "tablespace_map");
    }

    @Test
    void aTablespaceOfAnotherVersionIsBad() {
        archive.placeEverything();
        archive.placeArchive("24601", Map.of("PG_16_202307071/", new byte[0]), Compression.GZIP);

        archive.verify();

        assertOneError(Kind.BAD_BACKUP, backupKey("24601.tar.gz").value(), "17");
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"NONE", "SNAPPY", "LZ4", "ZSTD", "BZIP2"})
    void archivesOfAnyCompressionAreRead(Compression compression) {
        archive.placeEverything();
        for (String name : List.of("data.tar.gz", "data_0001.tar.gz", "24601.tar.gz")) {
            archive.memory.remove(backupKey(name));
        }
        archive.placeBackup(compression);

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.GOOD);

        ObjectKey key = backupKey("data_0001.tar" + compression.suffix());
        byte[] sound = archive.object(key);
        archive.replace(key, Arrays.copyOf(sound, sound.length * 2 / 3));
        archive.verify();
        assertThat(errors()).extracting(Finding::subject).contains(key.value());
    }

    @Test
    void aRecordThatContradictsItselfIsFound() {
        archive.placeEverything();
        Map<String, String> record = VerificationFixture.record();
        record.put("begin_offset", "41");
        archive.placeRecord(record);

        archive.verify();

        assertOneError(Kind.BAD_RECORD, backupKey("backup.info").value(), "begin_offset");
    }

    @Test
    void aRecordThatCannotBeReadIsFound() {
        archive.placeEverything();
        archive.memory.place(backupKey("backup.info"), "nonsense".getBytes(StandardCharsets.UTF_8), Map.of());

        archive.verify();

        assertThat(errors()).extracting(Finding::kind).contains(Kind.BAD_RECORD);
        assertThat(errors()).extracting(Finding::subject).contains(BACKUP);
    }

    @Test
    void aRecordOfAnotherClusterIsFound() {
        archive.settings = archive.settings.withCluster(SIZE, CLUSTER);
        archive.placeEverything();
        Map<String, String> record = VerificationFixture.record();
        record.put("systemid", Long.toString(OTHER_CLUSTER));
        archive.placeRecord(record);

        archive.verify();

        assertThat(errors()).extracting(Finding::kind).containsExactlyInAnyOrder(Kind.FOREIGN_CLUSTER, Kind.BAD_BACKUP);
    }

    @Test
    void failedBackupsAndThoseInProgressAreNotVerified() {
        archive.placeEverything();
        Map<String, String> record = VerificationFixture.record();
        record.put("status", "FAILED");
        record.put("end_time", "None");
        archive.placeRecord(record);
        archive.memory.remove(backupKey("data.tar.gz"));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(report.segmentSize()).isEqualTo(SIZE);
        assertThat(report.counts().archives()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"data.tar.gz", "data_0001.tar.gz", "24601.tar.gz"})
    void aMissingArchiveOrVolumeIsFound(String name) {
        archive.placeEverything();
        archive.memory.remove(backupKey(name));

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);

        if (name.equals("data_0001.tar.gz")) {
            // The last volume: only its content is missed.
            assertThat(errors())
                    .extracting(Finding::problem)
                    .anySatisfy(problem -> assertThat(problem).contains("backup_label"))
                    .anySatisfy(problem -> assertThat(problem).contains("pg_control"));
        } else {
            assertThat(errors()).anySatisfy(finding -> {
                assertThat(finding.kind()).isEqualTo(Kind.MISSING_ARCHIVE);
                assertThat(finding.subject())
                        .startsWith(
                                backupKey(name.substring(0, name.indexOf('.'))).value());
            });
        }
    }

    @Test
    void aVolumeMissingBetweenOthersIsFound() {
        archive.placeEverything();
        archive.placeArchive("data_0004", Map.of("base/9", new byte[10]), Compression.GZIP);

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);
        assertOneError(Kind.MISSING_ARCHIVE, backupKey("data_0002.tar.gz").value() + " (up to number 3)", "not whole");
    }
}
