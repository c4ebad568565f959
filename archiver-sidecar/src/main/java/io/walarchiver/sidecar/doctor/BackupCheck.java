package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** How the last backup of a Cluster ended, and whether there will be another one. */
final class BackupCheck {

    private static final String BACKUP = "backup";
    private static final String SCHEDULE = "schedule";
    private static final Duration LONG = Duration.ofDays(1);

    private BackupCheck() {}

    static void examine(Evidence evidence, OurCluster cluster, NamespaceEvidence namespace, Findings findings) {
        if (!cluster.archives()) {
            return;
        }
        if (!findings.unseen(BACKUP, cluster.title(), namespace.backups())) {
            last(evidence.now(), cluster, namespace.backups().found().orElse(List.of()), findings);
        }
        if (!findings.unseen(SCHEDULE, cluster.title(), namespace.schedules())) {
            schedules(cluster, namespace.schedules().found().orElse(List.of()), findings);
        }
    }

    private static void last(Instant now, OurCluster cluster, List<ObjectNode> backups, Findings findings) {
        Optional<ObjectNode> last = backups.stream()
                .filter(backup -> isOf(backup, cluster))
                .max(Comparator.comparing(
                        backup -> backup.at("/metadata/creationTimestamp").asText()));
        if (last.isEmpty()) {
            findings.warn(
                    BACKUP,
                    cluster.title(),
                    "there is no Backup: WAL alone cannot be recovered",
                    "take one: kubectl cnpg backup -n " + cluster.namespace() + " "
                            + cluster.view().name() + " --method plugin --plugin-name " + cluster.pluginName());
            return;
        }
        ObjectNode backup = last.orElseThrow();
        String subject = Fields.title(backup);
        String phase = backup.at("/status/phase").asText();
        boolean old = Fields.time(backup.path("metadata"), "creationTimestamp")
                .filter(time -> time.isBefore(now.minus(LONG)))
                .isPresent();
        if (!method(backup).equals("plugin")) {
            findings.warn(
                    BACKUP,
                    subject,
                    "the last Backup was taken by the method " + method(backup) + ", not by the plugin",
                    "set spec.method: plugin and spec.pluginConfiguration.name: " + cluster.pluginName());
        } else if (phase.equals("failed")) {
            findings.fail(
                    BACKUP,
                    subject,
                    "the last backup failed: " + backup.at("/status/error").asText("no reason given"),
                    named(backup, cluster)
                            ? "mend what the message says and take another one; what it says of plugins that are not"
                                    + " available means that the instance has no sidecar, or one of another name"
                            : "it names the plugin "
                                    + backup.at("/spec/pluginConfiguration/name")
                                            .asText() + ", the Cluster "
                                    + cluster.pluginName());
        } else if (phase.equals("completed")) {
            findings.ok(
                    BACKUP,
                    subject,
                    "completed " + backup.at("/status/stoppedAt").asText());
        } else if (old) {
            findings.warn(
                    BACKUP,
                    subject,
                    "has been " + (phase.isEmpty() ? "waiting" : phase) + " for more than a day",
                    "look whether another Backup of the Cluster is still running, and into the sidecar's log");
        } else {
            findings.ok(BACKUP, subject, phase.isEmpty() ? "waits" : phase);
        }
    }

    private static void schedules(OurCluster cluster, List<ObjectNode> schedules, Findings findings) {
        List<ObjectNode> own =
                schedules.stream().filter(schedule -> isOf(schedule, cluster)).toList();
        if (own.isEmpty()) {
            findings.warn(
                    SCHEDULE,
                    cluster.title(),
                    "there is no ScheduledBackup",
                    "make one with method: plugin, as the chart app-backup does");
        }
        for (ObjectNode schedule : own) {
            if (!method(schedule).equals("plugin")) {
                findings.fail(
                        SCHEDULE,
                        Fields.title(schedule),
                        "its method is " + method(schedule) + ", which the plugin has no part in",
                        "set spec.method: plugin and spec.pluginConfiguration.name: " + cluster.pluginName());
            } else if (!named(schedule, cluster)) {
                findings.fail(
                        SCHEDULE,
                        Fields.title(schedule),
                        "it names the plugin "
                                + schedule.at("/spec/pluginConfiguration/name").asText(),
                        "set spec.pluginConfiguration.name: " + cluster.pluginName());
            } else if (schedule.at("/spec/suspend").asBoolean()) {
                findings.warn(SCHEDULE, Fields.title(schedule), "is suspended", "set spec.suspend: false");
            } else {
                findings.ok(
                        SCHEDULE,
                        Fields.title(schedule),
                        schedule.at("/spec/schedule").asText());
            }
        }
    }

    private static boolean isOf(JsonNode object, OurCluster cluster) {
        return object.at("/spec/cluster/name").asText().equals(cluster.view().name());
    }

    /** What is taken when nothing is said. */
    private static String method(JsonNode object) {
        return object.at("/spec/method").asText("barmanObjectStore");
    }

    private static boolean named(JsonNode object, OurCluster cluster) {
        return object.at("/spec/pluginConfiguration/name").asText().equals(cluster.pluginName());
    }
}
