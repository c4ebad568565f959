package io.walarchiver.backup.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupInfoFormatTest {

    @Test
    void readsWhatBarmanWrote() {
        BackupInfo info = Samples.info("3.4-gzip-timeline2");
        assertThat(info.status()).isEqualTo(BackupStatus.DONE);
        assertThat(info.name()).contains("nightly-2");
        assertThat(info.error()).isEmpty();
        assertThat(info.begin())
                .isEqualTo(new LogPosition(
                        Optional.of(Instant.parse("2026-11-22T09:22:11.734702Z")),
                        Optional.of(Lsn.parse("0/5000028")),
                        Optional.of(WalSegmentName.parse("000000020000000000000005")),
                        OptionalLong.of(40)));
        assertThat(info.end())
                .isEqualTo(new LogPosition(
                        Optional.of(Instant.parse("2026-11-22T09:22:18.117494Z")),
                        Optional.of(Lsn.parse("0/5000138")),
                        Optional.of(WalSegmentName.parse("000000020000000000000005")),
                        OptionalLong.of(312)));
        assertThat(info.timeline()).contains(new Timeline(2));
        assertThat(info.serverVersion()).hasValue(150020);
        assertThat(info.systemIdentifier()).contains("7710923580929359228");
        assertThat(info.segmentSizeBytes()).isEqualTo(16777216);
        assertThat(info.dataDirectory()).contains("/var/lib/pgdemo/data");
        assertThat(info.tablespaces()).containsExactly(new TablespaceLocation("hot", 16384, "/var/lib/pgdemo/tbs/hot"));
        assertThat(info.configurationFiles())
                .containsOnlyKeys("config_file", "hba_file", "ident_file")
                .containsEntry("hba_file", "/var/lib/pgdemo/data/pg_hba.conf");
        assertThat(info.label())
                .get()
                .asString()
                .startsWith("START WAL LOCATION: 0/5000028")
                .endsWith("TIMELINE: 2\n");
        assertThat(info.raw()).hasSize(28).containsEntry("mode", "None");
        assertThat(info.isUsable()).isTrue();
    }

    @Test
    void readsWhatANewReleaseAdded() {
        BackupInfo info = Samples.info("3.17-volumes");
        assertThat(info.clusterSizeBytes()).contains(23416521L);
        assertThat(info.raw()).containsEntry("data_checksums", "on").hasSize(34);
        assertThat(info.parentBackupId()).isEmpty();
        assertThat(info.isSnapshot()).isFalse();
    }

    @Test
    void readsRecordsOfFailedBackups() {
        BackupInfo early = Samples.info("3.17-failed-at-start");
        assertThat(early.status()).isEqualTo(BackupStatus.FAILED);
        assertThat(early.begin()).isEqualTo(LogPosition.UNKNOWN);
        assertThat(early.timeline()).isEmpty();
        assertThat(early.tablespaces()).hasSize(1);
        BackupInfo late = Samples.info("3.17-failed-during-upload");
        assertThat(late.error()).get().asString().contains("(AccessDenied)");
        assertThat(late.includedFiles()).containsExactly("/var/lib/pgdemo/data/postgresql.auto.conf");
        assertThat(late.isUsable()).isFalse();
    }

    @Test
    void incrementalAndSnapshotBackupsAreTold() {
        assertThat(BackupInfoFormat.parse(Samples.text("parent_backup_id=20310405T060708"))
                        .parentBackupId())
                .contains("20310405T060708");
        assertThat(BackupInfoFormat.parse(Samples.text("snapshots_info={'provider': 'aws'}"))
                        .isSnapshot())
                .isTrue();
        assertThat(BackupInfoFormat.parse(Samples.text("snapshots_info=None")).isSnapshot())
                .isFalse();
    }

    @Test
    void anEmptyFileIsARecordThatSaysNothing() {
        BackupInfo info = BackupInfoFormat.parse(new byte[0]);
        assertThat(info.status()).isEqualTo(BackupStatus.EMPTY);
        assertThat(info.segmentSizeBytes()).isEqualTo(16 << 20);
        assertThat(info.raw()).isEmpty();
    }

    @Test
    void toleratesWhatBarmanTolerates() {
        String text = "\uFEFF# by hand\r\n\r\n  status = FAILED \r\nstatus=DONE\r\nsomething_new='x=1'\r\n"
                + "begin_wal=0000000a0000000000000005\r\ntablespaces=[[\"a\", '17', '/b'], ('c', 18, '/d')]";
        BackupInfo info = BackupInfoFormat.parse(text.getBytes(StandardCharsets.UTF_8));
        assertThat(info.status()).isEqualTo(BackupStatus.DONE);
        assertThat(info.raw()).containsEntry("something_new", "'x=1'");
        assertThat(info.begin().segment()).contains(WalSegmentName.parse("0000000A0000000000000005"));
        assertThat(info.tablespaces())
                .containsExactly(new TablespaceLocation("a", 17, "/b"), new TablespaceLocation("c", 18, "/d"));
    }

    @ParameterizedTest
    @CsvSource({
        "2031-04-05 06:07:08.123456+00:00, 2031-04-05T06:07:08.123456Z",
        "2031-04-05 06:07:08+02:00, 2031-04-05T04:07:08Z",
        "2031-04-05T06:07:08Z, 2031-04-05T06:07:08Z",
        "2031-04-05T06:07:08.5-0330, 2031-04-05T09:37:08.5Z",
        "2031-04-05 06:07:08+00, 2031-04-05T06:07:08Z",
        "2031-04-05 06:07:08+05:53:28, 2031-04-05T00:13:40Z",
        "2031-04-05 06:07:08, 2031-04-05T06:07:08Z",
    })
    void readsEveryFormOfTime(String text, Instant time) {
        assertThat(BackupInfoFormat.parse(Samples.text("end_time=" + text))
                        .end()
                        .time())
                .contains(time);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no equals sign",
                "=value",
                "begin_time=1932444428",
                "begin_time=2031-02-30 06:07:08+00:00",
                "begin_time=2031-04-05 25:07:08+00:00",
                "begin_time=2031-04-05 06:07:08+19:00",
                "begin_time=Sat Apr  5 06:07:08 2031",
                "begin_wal=00000001000000000000",
                "begin_wal=000000010000000000001000",
                "begin_xlog=5000028",
                "begin_offset=many",
                "timeline=0",
                "timeline=two",
                "version=15.2",
                "xlog_segment_size=0",
                "xlog_segment_size=1677721",
                "tablespaces='hot'",
                "tablespaces=[('hot', 16384)]",
                "tablespaces=[('hot', 0, '/x')]",
                "tablespaces=[(None, 16384, '/x')]",
                "tablespaces=[None]",
                "tablespaces=[('hot', 'x', '/x')]",
                "tablespaces=[('hot', 16384, '/x'",
                "included_files=[1]",
                "backup_label=START WAL",
                "backup_label=['START WAL']",
                "cluster_size=1.5"
            })
    void damageIsNamed(String line) {
        assertThatThrownBy(() -> BackupInfoFormat.parse(Samples.text("status=DONE", line)))
                .isInstanceOf(BackupInfoException.class)
                .message()
                .containsAnyOf("line 2", line.split("=", -1)[0].isEmpty() ? "line 2" : line.split("=", -1)[0]);
    }

    @Test
    void bytesThatAreNoTextAreDamage() {
        assertThatThrownBy(() -> BackupInfoFormat.parse(new byte[] {'a', '=', (byte) 0xC3, '\n'}))
                .isInstanceOf(BackupInfoException.class)
                .hasMessageContaining("UTF-8");
    }

    @Test
    void aDamagedRecordIsReadOrRefusedButNothingElseHappens() {
        int refused = 0;
        for (String name : Samples.RECORDS) {
            byte[] record = Samples.record(name);
            for (int length = 0; length < record.length; length++) {
                refused += isRefused(Arrays.copyOf(record, length)) ? 1 : 0;
            }
            for (int at = 0; at < record.length; at++) {
                for (int mask : new int[] {0x01, 0x04, 0x20, 0x80, 0xFF}) {
                    byte[] flipped = record.clone();
                    flipped[at] ^= (byte) mask;
                    refused += isRefused(flipped) ? 1 : 0;
                }
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    private static boolean isRefused(byte[] record) {
        try {
            BackupInfo unused = BackupInfoFormat.parse(record);
            return false;
        } catch (BackupInfoException damaged) {
            assertThat(damaged.getMessage()).isNotBlank().doesNotContainPattern("\\p{Cntrl}");
            return true;
        }
    }

    @Test
    void writesExactlyTheKeysThatOldReleasesKnow() {
        String text = new String(BackupInfoFormat.format(Samples.info("3.17-volumes")), StandardCharsets.UTF_8);
        List<String> keys =
                text.lines().map(line -> line.substring(0, line.indexOf('='))).toList();
        List<String> old = new String(Samples.record("3.4-plain"), StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.substring(0, line.indexOf('=')))
                .toList();
        assertThat(keys).isEqualTo(old).isSorted().hasSize(28);
    }

    @Test
    void aRecordOfAnOldReleaseIsWrittenAsItWas() {
        for (String name : List.of("3.4-plain", "3.4-gzip-timeline2")) {
            assertThat(new String(BackupInfoFormat.format(Samples.info(name)), StandardCharsets.UTF_8))
                    .isEqualTo(new String(Samples.record(name), StandardCharsets.UTF_8));
        }
    }

    @Test
    void theNameIsLeftOutWhenThereIsNone() {
        assertThat(new String(BackupInfoFormat.format(BackupInfoFormat.parse(new byte[0])), StandardCharsets.UTF_8))
                .doesNotContain("backup_name")
                .contains("server_name=cloud\n", "status=EMPTY\n", "timeline=None\n", "tablespaces=None\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAILED", "STARTED", "WAITING_FOR_WALS"})
    void theEndIsNullUnlessDone(String status) {
        BackupInfo info = BackupInfoFormat.parse(Samples.text(
                "status=" + status,
                "begin_time=2031-04-05 06:07:08",
                "end_time=2031-04-05 06:07:09",
                "end_wal=000000010000000000000005",
                "end_xlog=0/5000138",
                "end_offset=312"));
        assertThat(new String(BackupInfoFormat.format(info), StandardCharsets.UTF_8))
                .contains("begin_time=2031-04-05 06:07:08+00:00\n")
                .contains("end_time=None\n", "end_wal=None\n", "end_xlog=None\n", "end_offset=None\n");
    }

    @Test
    void whatCannotBeWrittenBecomesAQuestionMarkOrIsRefused() {
        BackupInfo info = BackupInfoFormat.parse(Samples.text("status=FAILED"));
        BackupInfo multiline = with(info, Optional.of("ok"), Optional.of("first\nsecond\r\u2028third "));
        assertThat(BackupInfoFormat.parse(BackupInfoFormat.format(multiline)).error())
                .contains("first?second??third");
        for (String name : List.of("", "None", " x", "x\n", "a\0b", "latest", "LAST", "auto", "20310405T060708")) {
            assertThat(BackupInfoFormat.problemWithName(name)).as(name).isPresent();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BackupInfoFormat.format(with(info, Optional.of(name), Optional.empty())));
        }
        assertThat(BackupInfoFormat.problemWithName("backup-20310405060708")).isEmpty();
    }

    @Test
    void recordsOfBackupsThatNeedMoreThanThemselvesAreNotRewritten() {
        for (String line : List.of("parent_backup_id=20310405T060708", "snapshots_info={}")) {
            BackupInfo info = BackupInfoFormat.parse(Samples.text(line));
            assertThatIllegalArgumentException().isThrownBy(() -> BackupInfoFormat.format(info));
        }
    }

    private static BackupInfo with(BackupInfo info, Optional<String> name, Optional<String> error) {
        return new BackupInfo(
                info.status(),
                name,
                error,
                info.begin(),
                info.end(),
                info.timeline(),
                info.serverVersion(),
                info.systemIdentifier(),
                info.segmentSizeBytes(),
                info.dataDirectory(),
                info.tablespaces(),
                info.configurationFiles(),
                info.includedFiles(),
                info.label(),
                info.clusterSizeBytes(),
                info.raw());
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Property.forAll(List.of(), BackupInfoFormatTest::random, info -> {
            BackupInfo read = BackupInfoFormat.parse(BackupInfoFormat.format(info));
            assertThat(read).usingRecursiveComparison().ignoringFields("raw").isEqualTo(info);
            assertThat(BackupInfoFormat.format(read)).isEqualTo(BackupInfoFormat.format(info));
        });
    }

    private static BackupInfo random(SplittableRandom random) {
        SegmentSize size = SegmentSize.ofMebibytes(1 << random.nextInt(11));
        Timeline timeline = new Timeline(1 + random.nextInt(1000));
        boolean done = random.nextBoolean();
        List<TablespaceLocation> tablespaces = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            tablespaces.add(
                    new TablespaceLocation("t" + text(random), random.nextLong(1, 1L << 32), "/" + text(random)));
        }
        return new BackupInfo(
                done ? BackupStatus.DONE : BackupStatus.FAILED,
                random.nextBoolean() ? Optional.of("n-" + random.nextInt()) : Optional.empty(),
                done ? Optional.empty() : Optional.of("failure uploading data (x=" + random.nextInt() + ")"),
                position(random, timeline, size),
                done ? position(random, timeline, size) : LogPosition.UNKNOWN,
                Optional.of(timeline),
                OptionalInt.of(random.nextInt(140000, 190000)),
                Optional.of(Long.toUnsignedString(random.nextLong())),
                size.bytes(),
                Optional.of("/var/lib/" + random.nextInt()),
                tablespaces,
                random.nextBoolean() ? Map.of("hba_file", "/etc/pg_hba.conf") : Map.of(),
                random.nextBoolean() ? List.of("/a" + text(random), "/b") : List.of(),
                random.nextBoolean() ? Optional.of("START WAL\n" + text(random)) : Optional.empty(),
                Optional.empty(),
                new TreeMap<>());
    }

    private static LogPosition position(SplittableRandom random, Timeline timeline, SegmentSize size) {
        Lsn lsn = new Lsn(random.nextLong(1, 1L << 45));
        return new LogPosition(
                Optional.of(Instant.ofEpochSecond(random.nextLong(1L << 32), 1000L * random.nextInt(1_000_000))),
                Optional.of(lsn),
                Optional.of(WalSegmentName.containing(timeline, lsn, size)),
                OptionalLong.of(lsn.value() % size.bytes()));
    }

    private static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append("ab '\"\\=#\n\t\u00e4\u4e2d(),".charAt(random.nextInt(15)));
        }
        return text.toString();
    }
}
