package io.walarchiver.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionPolicyTest {

    @ParameterizedTest
    @CsvSource({
        "7d, 7",
        "4w, 28",
        "2m, 62",
        "1000000d, 1000000",
        "RECOVERY WINDOW OF 7 DAYS, 7",
        "recovery window of 1 day, 1",
        "'  Recovery\tWindow  of 2 Weeks ', 14",
        "RECOVERY WINDOW OF 1 MONTH, 31",
        "RECOVERY WINDOW OF 0 DAYS, 0",
        "RECOVERY WINDOW OF 007 DAYS, 7",
    })
    void windows(String text, long days) {
        assertThat(RetentionPolicy.parse(text))
                .isEqualTo(new RetentionPolicy.RecoveryWindow(Duration.ofDays(days)))
                .hasToString("RECOVERY WINDOW OF " + days + " DAYS");
    }

    @ParameterizedTest
    @CsvSource({"REDUNDANCY 3, 3", "redundancy 0, 0", "' Redundancy   12 ', 12"})
    void redundancies(String text, int backups) {
        assertThat(RetentionPolicy.parse(text))
                .isEqualTo(new RetentionPolicy.Redundancy(backups))
                .hasToString("REDUNDANCY " + backups);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "0d",
                "07d",
                "7",
                "7D",
                "7 d",
                " 7d",
                "7d ",
                "-7d",
                "+7d",
                "7.5d",
                "7y",
                "x30d",
                "30dx",
                "1000001d",
                "99999999999999999999d",
                "\u0667d",
                "REDUNDANCY",
                "REDUNDANCY -1",
                "REDUNDANCY 3 DAYS",
                "REDUNDANCY3",
                "REDUNDANCY 99999999999",
                "RECOVERY WINDOW 7 DAYS",
                "RECOVERY WINDOW OF DAYS",
                "RECOVERY WINDOW OF 7 YEARS",
                "RECOVERY WINDOW OF 7",
                "RECOVERYWINDOWOF 7 DAYS",
                "RECOVERY WINDOW OF 1.5 DAYS"
            })
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RetentionPolicy.parse(text))
                .withMessageContaining("\"" + text + "\"");
    }

    @Test
    void policiesCannotBeNegative() {
        assertThatIllegalArgumentException().isThrownBy(() -> new RetentionPolicy.Redundancy(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new RetentionPolicy.RecoveryWindow(Duration.ofDays(-1)));
    }
}
