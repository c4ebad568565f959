package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.recovery.RecoveryConfiguration.Action;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecoveryConfigurationTest {

    @Test
    void whatCloudNativePgWants() {
        assertThat(RecoveryConfiguration.promoting(
                                "/controller/manager wal-restore --log-destination /controller/log/postgres.json %f %p")
                        .text())
                .isEqualTo("restore_command = '/controller/manager wal-restore --log-destination"
                        + " /controller/log/postgres.json %f %p'\nrecovery_target_action = 'promote'\n");
    }

    private static String text(RecoveryTarget target) {
        return new RecoveryConfiguration("cp %f %p", Action.PAUSE, Optional.of(target)).text();
    }

    @Test
    void aTargetTakesAllOthersBack() {
        assertThat(text(RecoveryTarget.time(Instant.parse("2031-04-05T06:07:08.5Z"))))
                .isEqualTo("""
                        restore_command = 'cp %f %p'
                        recovery_target_action = 'pause'
                        recovery_target_timeline = 'latest'
                        recovery_target_inclusive = 'on'
                        recovery_target = ''
                        recovery_target_name = ''
                        recovery_target_xid = ''
                        recovery_target_lsn = ''
                        recovery_target_time = '2031-04-05 06:07:08.5+00'
                        """);
    }

    @Test
    void everyTarget() {
        assertThat(text(RecoveryTarget.latest()))
                .contains("recovery_target = ''\n", "recovery_target_timeline = 'latest'\n");
        assertThat(text(RecoveryTarget.immediate())).contains("recovery_target = 'immediate'\n");
        assertThat(text(RecoveryTarget.name("it's"))).contains("recovery_target_name = 'it''s'\n");
        assertThat(text(RecoveryTarget.xid(-1))).contains("recovery_target_xid = '18446744073709551615'\n");
        assertThat(text(RecoveryTarget.lsn(Lsn.parse("16/3002D50")))).contains("recovery_target_lsn = '16/3002D50'\n");
        assertThat(text(new RecoveryTarget.Xid(7, false, TargetTimeline.CURRENT, Optional.empty())))
                .contains("recovery_target_inclusive = 'off'\n", "recovery_target_timeline = 'current'\n");
        assertThat(text(RecoveryTarget.latest().with(new TargetTimeline.Numbered(new Timeline(12)))))
                .contains("recovery_target_timeline = '12'\n");
    }

    /** PostgreSQL takes an empty target behind a set one for a second target, and does not start. */
    @Test
    void theTargetThatIsWantedComesLast() {
        for (RecoveryTarget target : List.of(
                RecoveryTarget.immediate(),
                RecoveryTarget.time(Instant.EPOCH),
                RecoveryTarget.lsn(new Lsn(1)),
                RecoveryTarget.name("n"),
                RecoveryTarget.xid(3))) {
            List<String> lines = text(target).lines().toList();
            assertThat(lines.get(lines.size() - 1))
                    .startsWith("recovery_target")
                    .doesNotEndWith("''");
            assertThat(lines.stream().filter(line -> line.endsWith("= ''"))).hasSize(4);
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {"a, 'a'", "it's, 'it''s'", "C:\\dir, 'C:\\\\dir'", "a\\'b, 'a\\\\''b'", "\"a\nb\", 'a\\nb'"})
    void valuesAreQuotedAsInAConfigurationFile(String value, String expected) {
        assertThat(RecoveryConfiguration.quoted(value)).isEqualTo(expected);
    }

    @Test
    void withoutRestoreCommandThereIsNoRecovery() {
        assertThatThrownBy(() -> RecoveryConfiguration.promoting(" ")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDataDirectoryIsToldToRecover(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("postgresql.auto.conf"), "recovery_target_name = 'old'");

        RecoveryConfiguration.promoting("true").installIn(directory);

        assertThat(directory.resolve("postgresql.auto.conf"))
                .content()
                .startsWith("recovery_target_name = 'old'\n")
                .endsWith("recovery_target_action = 'promote'\n");
        assertThat(directory.resolve("recovery.signal")).isEmptyFile();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("recovery.signal"))))
                .isEqualTo("rw-------");
    }
}
