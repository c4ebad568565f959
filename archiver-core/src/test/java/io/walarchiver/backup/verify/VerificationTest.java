package io.walarchiver.backup.verify;

import static io.walarchiver.backup.verify.VerificationFixture.BACKUP;
import static io.walarchiver.backup.verify.VerificationFixture.CLUSTER;
import static io.walarchiver.backup.verify.VerificationFixture.LAYOUT;
import static io.walarchiver.backup.verify.VerificationFixture.SIZE;
import static io.walarchiver.backup.verify.VerificationFixture.backupKey;
import static io.walarchiver.backup.verify.VerificationFixture.encode;
import static io.walarchiver.backup.verify.VerificationFixture.recorded;
import static io.walarchiver.backup.verify.VerificationFixture.walKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.backup.verify.Finding.Severity;
import io.walarchiver.backup.verify.VerificationReport.Verdict;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.SegmentSize;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class VerificationTest {

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

    /** Every object of the archive that a run reads to its end. */
    private List<ObjectKey> readable() {
        return archive.memory.keys().stream()
                .filter(key -> !key.value().endsWith("backup.info"))
                .toList();
    }

    @Test
    void aSoundArchiveIsGood() {
        archive.placeEverything();

        VerificationReport report = archive.verify();

        assertThat(archive.found).isEmpty();
        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(archive.sound)
                .containsExactlyInAnyOrderElementsOf(
                        readable().stream().map(ObjectKey::value).toList());
        assertThat(report.counts().walFiles()).isEqualTo(13);
        assertThat(report.counts().archives()).isEqualTo(3);
        assertThat(report.counts().backups()).isEqualTo(1);
        assertThat(report.counts().members()).isEqualTo(8);
        assertThat(report.counts().unchecked()).isZero();
        assertThat(report.counts().contentBytes()).isGreaterThan(11L * SIZE.bytes());
        assertThat(report.counts().storedBytes())
                .isEqualTo(readable().stream()
                        .mapToLong(key -> archive.object(key).length)
                        .sum());
        assertThat(report.segmentSize()).isEqualTo(SIZE);
        assertThat(report.timelines()).hasSize(2);
        assertThat(report.recoverable()).hasSize(1);
        assertThat(report.recoverable().get(0).to()).hasToString("0/B00000");
    }

    @Test
    void anEmptyArchiveIsGood() {
        assertThat(archive.verify().verdict()).isEqualTo(Verdict.GOOD);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.3, 0.5, 0.7})
    void aFlippedByteOfAnyObjectIsFoundAndNamed(double where) {
        archive.placeEverything();
        readable().forEach(key -> archive.damage(key, where));

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);

        for (ObjectKey key : readable()) {
            assertThat(errors()).as(key.value()).anySatisfy(finding -> {
                assertThat(finding.kind()).isEqualTo(Kind.DAMAGED_OBJECT);
                assertThat(finding.subject()).isEqualTo(key.value());
                assertThat(finding.problem()).contains(key.value());
            });
        }
        assertThat(archive.sound).isEmpty();
    }

    @Test
    void oneFlippedByteDoesNotMakeOthersLookDamaged() {
        archive.placeEverything();
        ObjectKey key = walKey("000000010000000000000005", Compression.values()[5]);
        archive.flip(key, archive.object(key).length / 2);

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);

        assertOneError(Kind.DAMAGED_OBJECT, key.value());
        assertThat(archive.sound).hasSize(readable().size() - 1).doesNotContain(key.value());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.001, 0.5, 1})
    void anyObjectCutOffOrEmptyIsFoundAndNamed(double where) {
        archive.placeEverything();
        for (ObjectKey key : readable()) {
            byte[] sound = archive.object(key);
            archive.replace(key, Arrays.copyOf(sound, Math.min((int) (sound.length * where), sound.length - 1)));
        }

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);

        for (ObjectKey key : readable()) {
            assertThat(errors()).as(key.value()).extracting(Finding::subject).contains(key.value());
        }
        assertThat(archive.sound).isEmpty();
    }

    @Test
    void aMissingSegmentIsAGap() {
        archive.placeEverything();
        archive.memory.remove(walKey("000000020000000000000008", Compression.GZIP));

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);

        assertOneError(Kind.GAP, "000000020000000000000008", "no earlier backup", "0/800000");
    }

    @Test
    void aMissingSegmentOfABackupMakesItUseless() {
        archive.placeEverything();
        archive.memory.remove(walKey("000000010000000000000004", Compression.values()[4]));

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);

        assertThat(errors()).extracting(Finding::kind).containsExactlyInAnyOrder(Kind.GAP, Kind.MISSING_WAL);
        assertThat(errors())
                .filteredOn(finding -> finding.kind() == Kind.MISSING_WAL)
                .allSatisfy(finding -> {
                    assertThat(finding.subject()).isEqualTo(BACKUP);
                    assertThat(finding.problem()).contains("000000010000000000000004");
                });
    }

    @Test
    void aSegmentBeforeAllBackupsIsNotMissed() {
        archive.placeEverything();
        archive.memory.remove(walKey("000000010000000000000002", Compression.ZSTD));

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.GOOD);
        assertThat(archive.found).extracting(Finding::severity).containsExactly(Severity.NOTICE);
    }

    @Test
    void aMissingHistoryFileIsFound() {
        archive.placeEverything();
        archive.memory.remove(walKey("00000002.history", Compression.GZIP));

        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);
        assertOneError(Kind.BAD_HISTORY, "00000002.history", "not in the archive");
    }

    @Test
    void twoSwappedSegmentsAreFound() {
        archive.placeEverything();
        ObjectKey one = archive.segment("000000010000000000000005", Compression.values()[5]);
        ObjectKey other = archive.segment("000000010000000000000006", Compression.values()[5]);
        archive.memory.remove(walKey("000000010000000000000006", Compression.values()[6]));
        byte[] bytes = archive.object(one);
        archive.replace(one, archive.object(other));
        archive.replace(other, bytes);

        archive.verify();

        assertThat(errors()).extracting(Finding::subject).containsExactlyInAnyOrder(one.value(), other.value());
        assertThat(errors())
                .extracting(Finding::problem)
                .allSatisfy(problem -> assertThat(problem).contains("holds another segment"));
    }

    @Test
    void aSegmentOfAnotherClusterIsFound() {
        archive.placeEverything();
        String name = "000000010000000000000005";
        ObjectKey key = walKey(name, Compression.values()[5]);
        archive.replace(key, encode(VerificationFixture.segment(name, OTHER_CLUSTER), Compression.values()[5]));

        archive.verify();

        assertOneError(
                Kind.FOREIGN_CLUSTER,
                key.value(),
                Long.toString(OTHER_CLUSTER),
                Long.toString(CLUSTER),
                "newest backup");
    }

    @Test
    void withoutBackupsTheFirstSegmentTellsTheCluster() {
        archive.settings = archive.settings.withConcurrency(1);
        ObjectKey first = archive.segment("000000010000000000000005", Compression.ZSTD);
        ObjectKey key = walKey("000000010000000000000006", Compression.ZSTD);
        archive.memory.place(
                key,
                encode(VerificationFixture.segment("000000010000000000000006", OTHER_CLUSTER), Compression.ZSTD),
                Map.of());
        archive.verify();

        assertOneError(Kind.FOREIGN_CLUSTER, key.value(), "its first page", first.value());
    }

    @Test
    void theSettingsTellTheClusterBeforeAnybodyElse() {
        archive.settings = archive.settings.withCluster(SIZE, OTHER_CLUSTER);
        archive.segment("000000010000000000000005", Compression.ZSTD);

        archive.verify();

        assertOneError(
                Kind.FOREIGN_CLUSTER,
                walKey("000000010000000000000005", Compression.ZSTD).value(),
                "this cluster");
    }

    @Test
    void recordedMetadataOfAnotherClusterIsFound() {
        archive.placeEverything();
        ObjectKey key = walKey("00000002.history", Compression.GZIP);
        byte[] history = "1\t0/754321\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8);
        archive.memory.place(key, archive.object(key), recorded(history, OTHER_CLUSTER));

        archive.verify();

        assertOneError(Kind.FOREIGN_CLUSTER, key.value(), "metadata");
    }

    @Test
    void aSegmentThatIsSoundButNotTheOneRecordedIsFound() {
        archive.placeEverything();
        ObjectKey key = walKey("00000002000000000000000A", Compression.NONE);
        archive.flip(key, SIZE.bytes() - 5);

        archive.verify();

        assertOneError(Kind.DAMAGED_OBJECT, key.value(), "digest");
    }

    @Test
    void aSegmentOfAnotherLengthIsFound() {
        archive.placeEverything();
        String name = "000000010000000000000005";
        ObjectKey key = walKey(name, Compression.values()[5]);
        byte[] longer = Arrays.copyOf(VerificationFixture.segment(name, CLUSTER), SIZE.bytes() + 8192);
        archive.replace(key, encode(longer, Compression.values()[5]));

        archive.verify();

        assertOneError(Kind.DAMAGED_OBJECT, key.value(), "bytes");
    }

    @Test
    void objectsThatAreNoWalFilesAreToldAndNotRead() {
        archive.placeEverything();
        String stem = LAYOUT.walPrefix() + "0000000100000000/000000010000000000000003";
        archive.memory.place(new ObjectKey(stem + ".br"), new byte[10], Map.of());
        archive.memory.place(new ObjectKey(stem + ".tmp"), new byte[10], Map.of());

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(archive.found).hasSize(1);
        assertThat(archive.found.get(0).kind()).isEqualTo(Kind.FOREIGN_OBJECT);
        assertThat(archive.found.get(0).problem()).contains(stem + ".br", stem + ".tmp");
        assertThat(report.counts().walFiles()).isEqualTo(13);
    }

    @Test
    void aSecondSpellingIsReadAndToldToBeOne() {
        archive.placeEverything();
        ObjectKey second = archive.segment("000000010000000000000002", Compression.GZIP);
        archive.flip(second, archive.object(second).length / 2);

        archive.verify();

        assertOneError(Kind.DAMAGED_OBJECT, second.value());
        assertThat(archive.found).extracting(Finding::kind).contains(Kind.DUPLICATE);
    }

    @Test
    void aHistoryFileThatIsNoneIsFound() {
        archive.placeEverything();
        ObjectKey key = walKey("00000002.history", Compression.GZIP);
        archive.replace(key, encode("what is this\n".getBytes(StandardCharsets.UTF_8), Compression.GZIP));

        archive.verify();

        assertThat(errors()).extracting(Finding::kind).containsExactlyInAnyOrder(Kind.DAMAGED_OBJECT, Kind.BAD_HISTORY);
    }

    @Test
    void aBackupHistoryFileOfAnotherSegmentIsFound() {
        archive.placeEverything();
        ObjectKey key = walKey("000000010000000000000003.00000028.backup", Compression.ZSTD);
        archive.replace(
                key,
                encode(
                        "START WAL LOCATION: 0/400028 (file 000000010000000000000004)\n"
                                .getBytes(StandardCharsets.UTF_8),
                        Compression.ZSTD));

        archive.verify();

        assertOneError(Kind.DAMAGED_OBJECT, key.value(), "000000010000000000000003");
    }

    @Test
    void aWrongSegmentSizeIsToldInsteadOfGaps() {
        for (int i = 0xE; i < 0x14; i++) {
            archive.segment(String.format("0000000100000000000000%02X", i), Compression.ZSTD);
        }
        archive.settings = archive.settings.withCluster(SegmentSize.ofMebibytes(256), CLUSTER);

        archive.verify();

        assertThat(errors())
                .extracting(Finding::kind)
                .contains(Kind.WRONG_SEGMENT_SIZE)
                .doesNotContain(Kind.GAP);
        assertThat(errors().get(0).problem()).contains("128 MiB");
    }

    // -- scopes

    @Test
    void oneBackupIsItsArchivesAndTheWalFromItsStartToItsEnd() {
        archive.placeEverything();
        archive.settings = archive.settings.withScope(new VerificationScope.OneBackup(new BackupId(BACKUP)));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(archive.sound)
                .containsExactlyInAnyOrder(
                        backupKey("data.tar.gz").value(),
                        backupKey("data_0001.tar.gz").value(),
                        backupKey("24601.tar.gz").value(),
                        walKey("000000010000000000000003", Compression.values()[3])
                                .value(),
                        walKey("000000010000000000000004", Compression.values()[4])
                                .value());
    }

    @Test
    void aBackupThatIsNotThereIsNotGood() {
        archive.settings = archive.settings.withScope(new VerificationScope.OneBackup(new BackupId("x")));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
        assertThat(report.stopped().orElseThrow()).contains("no backup x");
    }

    @Test
    void consecutivePartsReadEverythingOnce() {
        archive.placeEverything();
        List<String> read = new ArrayList<>();
        for (long run = 1000; run < 1005; run++) {
            archive.settings = archive.settings.withScope(new VerificationScope.Part(run, 5));
            assertThat(archive.verify().verdict()).isEqualTo(Verdict.GOOD);
            read.addAll(archive.sound);
        }

        assertThat(read)
                .containsExactlyInAnyOrderElementsOf(
                        readable().stream().map(ObjectKey::value).toList());
    }

    @Test
    void samplesThatGoOnWhereTheLastOneEndedReadEverything() {
        archive.placeEverything();
        List<String> read = new ArrayList<>();
        long cursor = 0;
        int runs = 0;
        do {
            archive.settings = archive.settings.withScope(new VerificationScope.Next(cursor, 4));
            VerificationReport report = archive.verify();
            assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
            read.addAll(archive.sound);
            long next = report.nextCursor().orElseThrow();
            runs++;
            if (next < cursor) {
                break;
            }
            cursor = next;
        } while (runs < 50);

        assertThat(runs).isBetween(3, 6);
        assertThat(read).containsAll(readable().stream().map(ObjectKey::value).toList());
    }
}
