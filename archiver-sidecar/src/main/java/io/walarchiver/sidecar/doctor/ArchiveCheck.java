package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Whether WAL of a Cluster reaches its archive, and whether that archive is its own. */
final class ArchiveCheck {

    private static final String ARCHIVING = "archiving";
    private static final String OWNER = "archive owner";
    private static final String REACHABLE = "archive reachable";
    private static final String WAITING = "waiting WAL";

    /** As the archive pipeline says it, and barman before it. */
    private static final Pattern FOREIGN = Pattern.compile("Expected empty archive|system identifier");

    /** PostgreSQL closes a segment every five minutes at the latest, as the operator sets it up. */
    private static final Duration STUCK = Duration.ofMinutes(15);

    private static final int MANY_FILES = 32;

    /** Reports are written anew every ten minutes. */
    private static final Duration SILENT = Duration.ofMinutes(35);

    private final OurCluster cluster;
    private final ArchiveReference archive;
    private final Instant now;
    private final Findings findings;

    private ArchiveCheck(OurCluster cluster, ArchiveReference archive, Instant now, Findings findings) {
        this.cluster = cluster;
        this.archive = archive;
        this.now = now;
        this.findings = findings;
    }

    static void examine(Evidence evidence, OurCluster cluster, NamespaceEvidence namespace, Findings findings) {
        Optional<ArchiveReference> archive = cluster.ownArchive();
        if (archive.isEmpty() || !cluster.archives()) {
            return;
        }
        ArchiveCheck check = new ArchiveCheck(cluster, archive.orElseThrow(), evidence.now(), findings);
        check.archiving();
        Optional<ObjectNode> store = NamespaceEvidence.named(namespace.stores(), check.archive.storeName());
        if (store.isPresent()) {
            check.reports(store.orElseThrow().path("status").path("servers").path(check.archive.serverName()));
        }
    }

    private void archiving() {
        String title = cluster.title();
        Optional<JsonNode> condition = Fields.condition(cluster.tree().at("/status/conditions"), "ContinuousArchiving");
        if (condition.isEmpty()) {
            findings.warn(
                    ARCHIVING,
                    title,
                    "nothing has been archived or has failed to be yet",
                    "wait for the first instance; if it runs already, look at the lines sidecar and discovered here");
            return;
        }
        String words = Fields.words(condition.orElseThrow());
        if (Fields.isStatus(condition.orElseThrow(), "True")) {
            findings.ok(ARCHIVING, title, "works");
            findings.ok(OWNER, title, "is this Cluster");
        } else if (FOREIGN.matcher(words).find()) {
            findings.fail(
                    OWNER,
                    title,
                    words,
                    "give the Cluster a serverName of its own under spec.plugins[].parameters, or another destination;"
                            + " remove the old archive only when nobody needs it");
        } else {
            findings.fail(
                    ARCHIVING,
                    title,
                    words,
                    "what the message says; if it does not, look into the log: kubectl -n " + cluster.namespace()
                            + " logs " + cluster.view().currentPrimary().orElse("POD") + " -c " + Evidence.SIDECAR);
        }
    }

    private void reports(JsonNode server) {
        String subject = cluster.namespace() + "/" + archive.storeName() + " " + archive.serverName();
        Optional<Instant> reported = Fields.time(server, "reportedTime");
        if (reported.isEmpty()) {
            findings.warn(
                    REACHABLE,
                    subject,
                    "no sidecar has reported on this archive yet",
                    "look at the lines sidecar, instance rights and resource here");
            return;
        }
        Optional<JsonNode> reachable = Fields.condition(server.path("conditions"), "ArchiveReachable");
        if (reachable.filter(condition -> Fields.isStatus(condition, "False")).isPresent()) {
            findings.fail(
                    REACHABLE,
                    subject,
                    Fields.words(reachable.orElseThrow()),
                    "check bucket, endpoint, credentials, endpointCA and network policies; wal-archiver check tries a"
                            + " store from where it is run");
        } else if (reported.orElseThrow().isBefore(now.minus(SILENT))) {
            findings.warn(
                    REACHABLE,
                    subject,
                    "the last report is of " + reported.orElseThrow(),
                    "look whether the sidecar of the primary runs and may write the status of the store");
        } else {
            findings.ok(REACHABLE, subject, "as of " + reported.orElseThrow());
        }
        waiting(server, subject);
    }

    private void waiting(JsonNode server, String subject) {
        long files = server.path("waitingFiles").asLong();
        Optional<Instant> oldest = Fields.time(server, "oldestWaitingTime");
        long missing = server.path("missingSegments").asLong();
        String state = files + " files wait"
                + oldest.map(time -> ", the oldest since " + time).orElse("");
        if (oldest.filter(time -> time.isBefore(now.minus(STUCK))).isPresent()) {
            findings.fail(
                    WAITING,
                    subject,
                    state,
                    "WAL fills the volume of the primary until it is archived: mend what the lines archiving and archive"
                            + " reachable say; do not delete files of pg_wal");
        } else if (files >= MANY_FILES) {
            findings.warn(
                    WAITING, subject, state, "raise wal.maxParallel or the resources of the sidecar if it stays so");
        } else if (missing > 0) {
            findings.warn(
                    WAITING,
                    subject,
                    missing + " segments are missing in the archive: recovery cannot pass them",
                    "take a base backup; it begins after them");
        } else {
            findings.ok(WAITING, subject, state);
        }
    }

    /** Clusters that would archive over each other. */
    static void examineTogether(Evidence evidence, List<OurCluster> clusters, Findings findings) {
        Map<String, List<String>> byPlace = new TreeMap<>();
        for (OurCluster cluster : clusters) {
            NamespaceEvidence namespace = evidence.namespaces().get(cluster.namespace());
            if (namespace == null || !cluster.archives()) {
                continue;
            }
            cluster.ownArchive()
                    .ifPresent(archive -> NamespaceEvidence.named(namespace.stores(), archive.storeName())
                            .ifPresent(store -> byPlace.computeIfAbsent(
                                            place(store) + "/" + archive.serverName(), place -> new ArrayList<>())
                                    .add(cluster.title())));
        }
        byPlace.forEach((place, titles) -> {
            if (titles.size() > 1) {
                findings.fail(
                        OWNER,
                        String.join(", ", titles),
                        "all archive to " + place,
                        "give each Cluster a serverName of its own: the files of one would be refused or lost among the"
                                + " other's");
            }
        });
    }

    private static String place(JsonNode store) {
        String endpoint = store.at("/spec/configuration/endpointURL").asText();
        String path = store.at("/spec/configuration/destinationPath").asText().replaceAll("/+$", "");
        return endpoint.isEmpty() ? path : path + " at " + endpoint + ",";
    }
}
