package io.walarchiver.bridge.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RestoreJobViewTest {

    private static final String US = "walarchiver.io";
    private static final String OWN = "\"plugins\": [{\"name\": \"" + US
            + "\", \"isWALArchiver\": true, \"parameters\": {\"barmanObjectName\": \"new\", \"serverName\": \"pg-v2\"}}]";

    @Test
    void everythingARecoveryNeedsIsRead() {
        RestoreJobView job = parse(
                OWN + ", \"walStorage\": {\"size\": \"1Gi\"}, \"tablespaces\": [{\"name\": \"hot\", \"storage\": {}},"
                        + " {\"name\": \"cold\"}], "
                        + recovery("\"backupID\": \"20260801T000000\", \"targetTLI\": \"latest\", \"targetTime\":"
                                + " \"2026-08-01 10:00:00+00\", \"exclusive\": true")
                        + ", "
                        + external(US, "", "\"barmanObjectName\": \"old\", \"serverName\": \"pg-v1\""),
                Optional.empty());

        assertThat(job.source()).isEqualTo("origin");
        assertThat(job.archive()).isEqualTo(new ArchiveReference("old", "pg-v1"));
        assertThat(job.ownArchive()).contains(new ArchiveReference("new", "pg-v2"));
        assertThat(job.checkEmptyArchive()).isTrue();
        assertThat(job.walStorage()).isTrue();
        assertThat(job.tablespaces()).containsExactly("hot", "cold");
        assertThat(job.target())
                .isEqualTo(new RecoveryTargetFields(
                        Optional.of("20260801T000000"),
                        Optional.of("latest"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of("2026-08-01 10:00:00+00"),
                        false,
                        true));
        assertThat(job.target().isEndOfArchive()).isFalse();
    }

    @Test
    void withoutServerNameTheOneOfThePresentClusterHolds() {
        RestoreJobView job =
                parse(recovery("") + ", " + external(US, "", "\"barmanObjectName\": \"old\""), Optional.empty());

        assertThat(job.archive()).isEqualTo(new ArchiveReference("old", "pg"));
        assertThat(job.ownArchive()).isEmpty();
        assertThat(job.walStorage()).isFalse();
        assertThat(job.tablespaces()).isEmpty();
        assertThat(job.target().isEndOfArchive()).isTrue();
    }

    @Test
    void withoutOwnArchiveThereIsNothingToCheck() {
        String spec = recovery("") + ", " + external(US, "", "\"barmanObjectName\": \"old\"");

        assertThat(parse(spec, Optional.of(true)).checkEmptyArchive()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"true, enabled, true", "false, disabled, false", ", enabled, false", ", disabled, true"})
    void decisionOfTheOperatorWinsOverTheAnnotation(Boolean decision, String annotation, boolean expected) {
        byte[] cluster = ("{\"metadata\": {\"name\": \"pg\", \"annotations\": {\"cnpg.io/skipEmptyWalArchiveCheck\": \""
                        + annotation + "\"}}, \"spec\": {" + OWN + ", " + recovery("") + ", "
                        + external(US, "", "\"barmanObjectName\": \"old\"") + "}}")
                .getBytes(StandardCharsets.UTF_8);

        assertThat(RestoreJobView.parse(cluster, Optional.ofNullable(decision), US)
                        .checkEmptyArchive())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"targetXID\": \"700\"",
                "\"targetName\": \"before\"",
                "\"targetLSN\": \"0/3000000\"",
                "\"targetTime\": \"2026-08-01\"",
                "\"targetImmediate\": true"
            })
    void everyTargetEndsRecoveryBeforeTheEndOfTheArchive(String target) {
        RestoreJobView job =
                parse(recovery(target) + ", " + external(US, "", "\"barmanObjectName\": \"old\""), Optional.empty());

        assertThat(job.target().isEndOfArchive()).isFalse();
    }

    @Test
    void zeroValuesOfATargetCountAsAbsent() {
        RestoreJobView job = parse(
                recovery("\"targetXID\": \"\", \"targetTime\": null, \"targetImmediate\": false, \"targetTLI\": \"\"")
                        + ", " + external(US, "", "\"barmanObjectName\": \"old\""),
                Optional.empty());

        assertThat(job.target().isEndOfArchive()).isTrue();
        assertThat(job.target().timeline()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"targetXID\": 700",
                "\"targetTLI\": {}",
                "\"targetImmediate\": \"yes\"",
                "\"targetTime\": \"2026-08-01\", \"targetLSN\": \"0/3000000\"",
                "\"targetName\": \"x\", \"targetImmediate\": true"
            })
    void targetThatCannotBeMeantIsATypedError(String target) {
        String spec = recovery(target) + ", " + external(US, "", "\"barmanObjectName\": \"old\"");

        assertThatThrownBy(() -> parse(spec, Optional.empty()))
                .isInstanceOf(InvalidClusterException.class)
                .hasMessageContaining("recoveryTarget");
    }

    @Test
    void targetThatIsNoObjectIsATypedError() {
        String spec = "\"bootstrap\": {\"recovery\": {\"source\": \"origin\", \"recoveryTarget\": \"now\"}}, "
                + external(US, "", "\"barmanObjectName\": \"old\"");

        assertThatThrownBy(() -> parse(spec, Optional.empty())).isInstanceOf(InvalidClusterException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "'\"bootstrap\": {}'; set spec.bootstrap.recovery.source",
                "'\"bootstrap\": {\"recovery\": {\"source\": \"gone\"}}'; is not in spec.externalClusters",
                "'\"bootstrap\": {\"recovery\": {\"source\": \"origin\"}}, \"externalClusters\": [{\"name\":"
                        + " \"origin\"}]'; has no plugin"
            })
    void missingSourceSaysWhatToSet(String spec, String expected) {
        assertThatThrownBy(() -> parse(spec, Optional.empty()))
                .isInstanceOf(NoArchiveException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "other; ; '\"barmanObjectName\": \"old\"'; uses the plugin other",
                "walarchiver.io; '\"enabled\": false,'; '\"barmanObjectName\": \"old\"'; switched off",
                "walarchiver.io; ; '\"serverName\": \"x\"'; names no store",
                "walarchiver.io; ; '\"barmanObjectName\": \"\"'; names no store"
            })
    void unusableSourceSaysWhatToSet(String plugin, String flags, String parameters, String expected) {
        String spec = recovery("") + ", " + external(plugin, flags == null ? "" : flags, parameters);

        assertThatThrownBy(() -> parse(spec, Optional.empty()))
                .isInstanceOf(NoArchiveException.class)
                .hasMessageContaining("origin")
                .hasMessageContaining(expected);
    }

    @Test
    void tablespaceWithoutNameIsATypedError() {
        String spec = recovery("") + ", \"tablespaces\": [{}], " + external(US, "", "\"barmanObjectName\": \"old\"");

        assertThatThrownBy(() -> parse(spec, Optional.empty()))
                .isInstanceOf(InvalidClusterException.class)
                .hasMessageContaining("spec.tablespaces");
    }

    @Test
    void roleOfAJobIsReadFromItsLabelWhateverTheDomain() {
        assertThat(JobRole.of(Map.of("cnpg.io/cluster", "pg", "cnpg.io/jobRole", "full-recovery")))
                .contains(JobRole.FULL_RECOVERY);
        assertThat(JobRole.of(Map.of("vendor.example/jobRole", "snapshot-recovery")))
                .contains(JobRole.SNAPSHOT_RECOVERY);
        assertThat(JobRole.of(Map.of("cnpg.io/jobRole", "initdb"))).isEmpty();
        assertThat(JobRole.of(Map.of("cnpg.io/instanceRole", "full-recovery", "jobRole", "full-recovery")))
                .isEmpty();
    }

    private static RestoreJobView parse(String spec, Optional<Boolean> decision) {
        return RestoreJobView.parse(
                ("{\"metadata\": {\"name\": \"pg\"}, \"spec\": {" + spec + "}}").getBytes(StandardCharsets.UTF_8),
                decision,
                US);
    }

    private static String recovery(String target) {
        return "\"bootstrap\": {\"recovery\": {\"source\": \"origin\""
                + (target.isEmpty() ? "" : ", \"recoveryTarget\": {" + target + "}") + "}}";
    }

    private static String external(String plugin, String flags, String parameters) {
        return "\"externalClusters\": [{\"name\": \"origin\", \"plugin\": {\"name\": \"" + plugin + "\", " + flags
                + " \"parameters\": {" + parameters + "}}}]";
    }
}
