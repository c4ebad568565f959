package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.testing.Property;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryTargetTest {

    private static RecoveryTargetText text(
            String backup, String timeline, String time, String lsn, String name, String xid) {
        return new RecoveryTargetText(
                Optional.of(backup),
                Optional.of(timeline),
                Optional.of(time),
                Optional.of(lsn),
                Optional.of(name),
                Optional.of(xid),
                false,
                false);
    }

    @ParameterizedTest
    @CsvSource({
        "2031-04-05 06:07:08, 2031-04-05T06:07:08Z",
        "2031-04-05T06:07:08, 2031-04-05T06:07:08Z",
        "2031-04-05 06:07:08+00, 2031-04-05T06:07:08Z",
        "2031-04-05 06:07:08.5+00, 2031-04-05T06:07:08.5Z",
        "2031-04-05 06:07:08.123456+02, 2031-04-05T04:07:08.123456Z",
        "2031-04-05 06:07:08.123456-0330, 2031-04-05T09:37:08.123456Z",
        "2031-04-05 06:07:08+05:45, 2031-04-05T00:22:08Z",
        "2031-04-05 06:07:08 +05:45, 2031-04-05T00:22:08Z",
        "2031-04-05 06:07:08 UTC, 2031-04-05T06:07:08Z",
        "2031-04-05T06:07:08Z, 2031-04-05T06:07:08Z",
        "2031-04-05t06:07:08z, 2031-04-05T06:07:08Z",
        "2031-04-05T06:07:08.1Z, 2031-04-05T06:07:08.1Z",
        "2031-04-05T06:07:08.123456789Z, 2031-04-05T06:07:08.123456Z",
        "2031-04-05T06:07:08.000001+00:00, 2031-04-05T06:07:08.000001Z",
        "' 2032-02-29 23:59:59 ', 2032-02-29T23:59:59Z",
        "1999-12-31 23:59:59.999999+14, 1999-12-31T09:59:59.999999Z"
    })
    void timesOfPostgresAndOfTheInternetAreRead(String text, Instant expected) {
        assertThat(text("", "", text, "", "", "").toTarget()).isEqualTo(RecoveryTarget.time(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "now",
                "2031-04-05",
                "2031-04-05 06:07",
                "2031-02-29 06:07:08",
                "2031-13-05 06:07:08",
                "2031-04-05 24:00:00",
                "2031-04-05 06:07:60",
                "2031-04-05 06:07:08.",
                "2031-04-05 06:07:08+19",
                "2031-04-05 06:07:08 Europe/Berlin",
                "31-04-05 06:07:08",
                "1930000000",
                "2031-04-05 06:07:08; drop"
            })
    void everythingElseIsNoTime(String text) {
        assertThatThrownBy(() -> text("", "", text, "", "", "").toTarget())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    @Test
    void whatIsPrintedIsReadAgain() {
        Property.forAll(
                List.of(Instant.EPOCH, Instant.parse("2031-04-05T06:07:08.000001Z")),
                random -> Instant.ofEpochSecond(random.nextLong(0, 4_102_444_800L), random.nextInt(1_000_000) * 1000L),
                time -> assertThat(TargetTime.parse(TargetTime.print(time))).isEqualTo(time));
    }

    @ParameterizedTest
    @CsvSource({
        "'', latest",
        "latest, latest",
        "LATEST, latest",
        "current, current",
        "1, 1",
        "12, 12",
        "0xC, 12",
        "0XfF, 255",
        "4294967295, 4294967295"
    })
    void timelinesAreWordsOrNumbers(String text, String setting) {
        assertThat(TargetTimeline.parse(text).setting()).isEqualTo(setting);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "x", "newest", "0x", "4294967296", "1.5", "0000000C"})
    void everythingElseIsNoTimeline(String text) {
        if (text.equals("0000000C")) {
            // The digits of a file name are hexadecimal without saying so.
            assertThatThrownBy(() -> TargetTimeline.parse(text)).hasMessageContaining("0xC");
        }
        assertThatThrownBy(() -> TargetTimeline.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nothingGivenIsTheEndOfTheArchive() {
        assertThat(RecoveryTargetText.NONE.toTarget()).isEqualTo(RecoveryTarget.latest());
        assertThat(text(" ", "", "", " ", "", "").toTarget()).isEqualTo(RecoveryTarget.latest());
    }

    @Test
    void everyPointIsRead() {
        assertThat(text("", "", "", "16/3002D50", "", "").toTarget())
                .isEqualTo(RecoveryTarget.lsn(Lsn.parse("16/3002D50")));
        assertThat(text("", "", "", "", "before 'it'", "").toTarget()).isEqualTo(RecoveryTarget.name("before 'it'"));
        assertThat(text("", "", "", "", "", "4711").toTarget()).isEqualTo(RecoveryTarget.xid(4711));
        RecoveryTargetText immediate = new RecoveryTargetText(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true,
                false);
        assertThat(immediate.toTarget()).isEqualTo(RecoveryTarget.immediate());
    }

    @Test
    void timelineBackupAndExclusionGoWithAnyPoint() {
        RecoveryTargetText text = new RecoveryTargetText(
                Optional.of("20310405T060708"),
                Optional.of("0x2"),
                Optional.empty(),
                Optional.of("0/5000000"),
                Optional.empty(),
                Optional.empty(),
                false,
                true);

        RecoveryTarget target = text.toTarget();

        assertThat(target)
                .isEqualTo(new RecoveryTarget.Lsn(
                        Lsn.parse("0/5000000"),
                        false,
                        new TargetTimeline.Numbered(new Timeline(2)),
                        Optional.of(new BackupId("20310405T060708"))));
        assertThat(target).hasToString("position 0/5000000 along timeline 2 from backup 20310405T060708");
    }

    @Test
    void twoPointsAreOneTooMany() {
        assertThatThrownBy(
                        () -> text("", "", "2031-04-05 06:07:08", "0/1", "", "").toTarget())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a time, a position");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1.0", "0x10", "99999999999999999999"})
    void aTransactionIsANumber(String xid) {
        assertThatThrownBy(() -> text("", "", "", "", "", xid).toTarget())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(xid);
    }

    @Test
    void namesOfRestorePointsAreBounded() {
        assertThat(RecoveryTarget.name("n".repeat(63))).isNotNull();
        assertThatThrownBy(() -> RecoveryTarget.name("n".repeat(64))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RecoveryTarget.name("ñ".repeat(32))).isInstanceOf(IllegalArgumentException.class);
    }
}
