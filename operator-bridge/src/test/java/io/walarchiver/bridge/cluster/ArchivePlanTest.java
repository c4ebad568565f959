package io.walarchiver.bridge.cluster;

import static io.walarchiver.bridge.cluster.ClusterViewTest.parse;
import static io.walarchiver.bridge.cluster.ClusterViewTest.replicaCluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.cluster.ArchivePlan.ArchiveDecision;
import io.walarchiver.bridge.cluster.ArchivePlan.RestoreChoice;
import io.walarchiver.bridge.cluster.ArchivePlan.RestoreSource;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ArchivePlanTest {

    private static final String US = "walarchiver.io";

    @Test
    void ownArchiveTakesTheClusterNameWithoutAServerName() throws IOException {
        assertThat(plan(replicaCluster(), "orders-eu-1").ownArchive())
                .contains(new ArchiveReference("store-eu", "orders-eu"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"barmanObjectName\": \"s\", \"serverName\": \"other\"}; other",
                "{\"barmanObjectName\": \"s\", \"serverName\": \"\"}; pg",
                "{\"barmanObjectName\": \"s\"}; pg"
            })
    void emptyServerNameFallsBackToTheCluster(String parameters, String expected) {
        assertThat(plan(withPlugins(entry(US, "", parameters)), "pg-1").ownArchive())
                .contains(new ArchiveReference("s", expected));
    }

    @Test
    void disabledEntryCountsAsAbsentAltogether() {
        ClusterView cluster =
                withPlugins(entry(US, "\"enabled\": false, \"isWALArchiver\": true,", "{\"barmanObjectName\": \"s\"}"));

        assertThat(plan(cluster, "pg-1").ownArchive()).isEmpty();
        assertThat(plan(cluster, "pg-1").archive()).isInstanceOf(ArchiveDecision.Decline.class);
    }

    @Test
    void lastEnabledEntryOfSeveralWins() {
        ClusterView cluster = withPlugins(
                entry(US, "", "{\"barmanObjectName\": \"a\"}"),
                entry(US, "", "{\"barmanObjectName\": \"b\", \"serverName\": \"x\"}"),
                entry(US, "\"enabled\": false,", "{\"barmanObjectName\": \"c\", \"serverName\": \"y\"}"));

        assertThat(plan(cluster, "pg-1").ownArchive()).contains(new ArchiveReference("b", "x"));
    }

    @Test
    void archiverStoresInItsOwnArchiveWhoeverIsPrimary() throws IOException {
        ArchiveDecision expected = new ArchiveDecision.Store(new ArchiveReference("store-eu", "orders-eu"));

        assertThat(plan(replicaCluster(), "orders-eu-1").archive()).isEqualTo(expected);
        assertThat(plan(replicaCluster(), "orders-eu-3").archive()).isEqualTo(expected);
    }

    @Test
    void anotherArchiverMakesUsDeclineAndIsNamed() {
        ClusterView cluster = withPlugins(
                entry(US, "", "{\"barmanObjectName\": \"s\"}"), entry("other", "\"isWALArchiver\": true,", "{}"));

        assertThat(plan(cluster, "pg-1").archive())
                .isEqualTo(new ArchiveDecision.Decline("the WAL archiver of the Cluster is other"));
    }

    @Test
    void noArchiverAtAllMakesUsDecline() {
        ClusterView cluster = withPlugins(
                entry(US, "\"isWALArchiver\": false,", "{\"barmanObjectName\": \"s\"}"),
                entry("other", "\"enabled\": false, \"isWALArchiver\": true,", "{}"));

        assertThat(plan(cluster, "pg-1").archive())
                .isEqualTo(new ArchiveDecision.Decline("isWALArchiver is not set for the plugin walarchiver.io"));
    }

    @Test
    void archiverWithoutAStoreRefusesRatherThanLoseTheFile() {
        ClusterView cluster = withPlugins(entry(US, "\"isWALArchiver\": true,", "{\"serverName\": \"pg\"}"));

        assertThat(plan(cluster, "pg-1").archive())
                .isEqualTo(new ArchiveDecision.Refuse("the plugin walarchiver.io has no parameter barmanObjectName in"
                        + " spec.plugins of the Cluster pg"));
    }

    @Test
    void designatedPrimaryRestoresFromTheReplicaSource() throws IOException {
        assertThat(plan(replicaCluster(), "orders-eu-1").restore())
                .contains(new RestoreChoice(RestoreSource.REPLICA, new ArchiveReference("store-us", "orders-us")));
    }

    @Test
    void standbyRestoresFromItsOwnArchive() throws IOException {
        assertThat(plan(replicaCluster(), "orders-eu-2").restore())
                .contains(new RestoreChoice(RestoreSource.OWN, new ArchiveReference("store-eu", "orders-eu")));
    }

    @Test
    void firstInstanceRestoresFromWhereItIsCreated() {
        ClusterView cluster = parse("{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": ["
                + entry(US, "", "{\"barmanObjectName\": \"own\"}")
                + "], \"replica\": {\"source\": \"origin\"}, \"bootstrap\": {\"recovery\": {\"source\":"
                + " \"origin\"}}, \"externalClusters\": [{\"name\": \"origin\", \"plugin\": "
                + entry(US, "", "{\"barmanObjectName\": \"old\", \"serverName\": \"\"}") + "}]}}");

        assertThat(plan(cluster, "pg-1-full-recovery").restore())
                .contains(new RestoreChoice(RestoreSource.RECOVERY, new ArchiveReference("old", "pg")));
    }

    @Test
    void primaryWhoseSourceUsesAnotherPluginRestoresFromItsOwnArchive() {
        ClusterView cluster = parse("{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": ["
                + entry(US, "", "{\"barmanObjectName\": \"own\"}")
                + "], \"replica\": {\"source\": \"x\"}, \"externalClusters\": [{\"name\": \"x\", \"plugin\": "
                + entry("other", "", "{\"barmanObjectName\": \"old\"}")
                + "}]}, \"status\": {\"currentPrimary\": \"pg-1\"}}");

        assertThat(plan(cluster, "pg-1").restore())
                .contains(new RestoreChoice(RestoreSource.OWN, new ArchiveReference("own", "pg")));
    }

    @Test
    void situationWithoutAnArchiveIsEmpty() {
        ClusterView creating = withPlugins(entry(US, "", "{\"barmanObjectName\": \"own\"}"));

        assertThat(plan(creating, "pg-1").restore()).isEmpty();
    }

    @Test
    void streamingIsPossibleOnStandbysAndOnADesignatedPrimaryWithAConnection() throws IOException {
        assertThat(plan(replicaCluster(), "orders-eu-2").isStreamingPossible()).isTrue();
        assertThat(plan(replicaCluster(), "orders-eu-1").isStreamingPossible()).isTrue();
        assertThat(plan(replicaOf("origin", "pg-1"), "pg-1").isStreamingPossible())
                .as("designated primary, source without connection")
                .isFalse();
        assertThat(plan(replicaOf("origin", ""), "pg-1").isStreamingPossible())
                .as("being created")
                .isFalse();
        assertThat(plan(status("\"currentPrimary\": \"pg-1\""), "pg-1").isStreamingPossible())
                .as("ordinary primary")
                .isFalse();
    }

    @Test
    void failureEndsRecoveryWhileBeingCreatedOrPromoted() throws IOException {
        assertThat(plan(status("\"timelineID\": 1"), "pg-1").endsRecoveryOnFailure())
                .isTrue();
        assertThat(plan(status("\"currentPrimary\": \"pg-1\", \"targetPrimary\": \"pg-2\""), "pg-2")
                        .endsRecoveryOnFailure())
                .isTrue();
        assertThat(plan(status("\"currentPrimary\": \"pg-1\", \"targetPrimary\": \"pg-2\""), "pg-3")
                        .endsRecoveryOnFailure())
                .isFalse();
        assertThat(plan(replicaCluster(), "orders-eu-2").endsRecoveryOnFailure())
                .as("target primary of a replica cluster")
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "pg-1, 9, true", // current primary
        "pg-2, 9, true", // target primary
        "pg-3, 4, true",
        "pg-3, 5, false",
        "pg-3, -1, false" // 0xFFFFFFFF, unsigned
    })
    void replicasDoNotFollowATimelineAheadOfThePrimary(String pod, int timeline, boolean expected) {
        ClusterView cluster = status("\"currentPrimary\": \"pg-1\", \"targetPrimary\": \"pg-2\", \"timelineID\": 4");

        assertThat(plan(cluster, pod).mayFollow(timeline)).isEqualTo(expected);
    }

    @Test
    void unknownTimelineLimitsNobody() {
        assertThat(plan(status("\"currentPrimary\": \"pg-1\""), "pg-3").mayFollow(9))
                .isTrue();
        assertThat(plan(status("\"timelineID\": 4"), "pg-1-full-recovery").mayFollow(9))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // decision of the operator, marker, skipped by annotation, expected
        "true, false, true, true",
        "false, true, false, false",
        ", true, false, true",
        ", true, true, false",
        ", false, false, false",
        ", false, true, false"
    })
    void emptyArchiveIsCheckedBeforeArchivingWhenAskedOrFresh(
            Boolean requestField, boolean marker, boolean skipped, boolean expected) {
        ArchivePlan plan = plan(annotated(skipped ? "enabled" : "disabled"), "pg-1");

        assertThat(plan.checkEmptyArchiveBeforeArchiving(Optional.ofNullable(requestField), marker))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"true, true, true", "false, false, false", ", false, true", ", true, false"})
    void emptyArchiveIsCheckedBeforeRestoringUnlessSkipped(Boolean requestField, boolean skipped, boolean expected) {
        ArchivePlan plan = plan(annotated(skipped ? "enabled" : "Enabled"), "pg-1");

        assertThat(plan.checkEmptyArchiveBeforeRestoring(Optional.ofNullable(requestField)))
                .isEqualTo(expected);
    }

    private static ArchivePlan plan(ClusterView cluster, String pod) {
        return new ArchivePlan(cluster, US, pod);
    }

    private static String entry(String name, String flags, String parameters) {
        return "{\"name\": \"" + name + "\", " + flags + " \"parameters\": " + parameters + "}";
    }

    private static ClusterView withPlugins(String... entries) {
        return parse(
                "{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": [" + String.join(", ", entries) + "]}}");
    }

    private static ClusterView status(String status) {
        return parse("{\"metadata\": {\"name\": \"pg\"}, \"status\": {" + status + "}}");
    }

    private static ClusterView annotated(String value) {
        return parse("{\"metadata\": {\"name\": \"pg\", \"annotations\": {\"cnpg.io/skipEmptyWalArchiveCheck\": \""
                + value + "\"}}}");
    }

    private static ClusterView replicaOf(String source, String primary) {
        return parse("{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"replica\": {\"enabled\": true, \"source\": \""
                + source + "\"}, \"externalClusters\": [{\"name\": \"origin\"}]}, \"status\": {\"currentPrimary\": \""
                + primary + "\"}}");
    }
}
