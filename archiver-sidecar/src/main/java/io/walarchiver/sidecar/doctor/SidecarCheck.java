package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Whether every instance has the sidecar, the one of this version, and whether it runs; and what it said last. */
final class SidecarCheck {

    private static final String CHECK = "sidecar";
    private static final String LOG = "sidecar log";

    private static final Pattern ERROR_LINE = Pattern.compile("\"level\"\\s*:\\s*\"ERROR\"|^\\S+ \\S+ ERROR ");

    private final Evidence evidence;
    private final OurCluster cluster;
    private final Findings findings;

    private SidecarCheck(Evidence evidence, OurCluster cluster, Findings findings) {
        this.evidence = evidence;
        this.cluster = cluster;
        this.findings = findings;
    }

    static void examine(Evidence evidence, OurCluster cluster, NamespaceEvidence namespace, Findings findings) {
        if (!cluster.hasSidecar()) {
            return;
        }
        SidecarCheck check = new SidecarCheck(evidence, cluster, findings);
        if (!findings.unseen(CHECK, cluster.title(), namespace.pods())) {
            check.pods(namespace.pods().found().orElse(List.of()));
        }
        check.log();
    }

    private void pods(List<ObjectNode> pods) {
        List<ObjectNode> instances = pods.stream()
                .filter(pod -> Fields.operatorLabel(pod, "cluster")
                        .equals(cluster.view().name()))
                .filter(pod -> Fields.operatorLabel(pod, "podRole").equals("instance"))
                .toList();
        if (instances.isEmpty()) {
            findings.warn(
                    CHECK,
                    cluster.title(),
                    "the Cluster has no instances",
                    "look at its phase with kubectl -n " + cluster.namespace() + " describe cluster "
                            + cluster.view().name());
        }
        instances.forEach(this::instance);
    }

    private void instance(ObjectNode pod) {
        String subject = Fields.title(pod);
        Optional<JsonNode> sidecar = Fields.named(pod.at("/spec/initContainers"), Evidence.SIDECAR);
        if (sidecar.isEmpty()) {
            boolean plain =
                    Fields.named(pod.at("/spec/containers"), Evidence.SIDECAR).isPresent();
            findings.fail(
                    CHECK,
                    subject,
                    plain
                            ? "the sidecar is an ordinary container: it may end before PostgreSQL has archived its last file"
                            : "the instance has no sidecar, so nothing of it is archived",
                    "the operator replaces the Pod when it knows the plugin, unless primaryUpdateStrategy is supervised or"
                            + " the Cluster has the annotation cnpg.io/reconcilePodSpec: disabled; then delete the Pod");
            return;
        }
        JsonNode container = sidecar.orElseThrow();
        Optional<JsonNode> status = Fields.named(pod.at("/status/initContainerStatuses"), Evidence.SIDECAR);
        Optional<String> image = evidence.plugin().variable("SIDECAR_IMAGE");
        Optional<String> calls = Fields.variable(container, "PLUGIN_NAME");
        if (!container.path("restartPolicy").asText().equals("Always")) {
            findings.fail(
                    CHECK,
                    subject,
                    "the sidecar lost its restartPolicy: this Kubernetes knows no sidecar containers",
                    "Kubernetes 1.29 or newer is needed");
        } else if (calls.isPresent() && !calls.orElseThrow().equals(cluster.pluginName())) {
            findings.fail(
                    CHECK,
                    subject,
                    "the sidecar calls itself " + calls.orElseThrow() + ", the Cluster " + cluster.pluginName(),
                    "PLUGIN_NAME is the plugin's to set: take it out of the environment of the Cluster or ObjectStore");
        } else if (stopped(status).isPresent()) {
            findings.fail(
                    CHECK,
                    subject,
                    stopped(status).orElseThrow(),
                    "kubectl -n " + cluster.namespace() + " logs --previous " + Fields.name(pod) + " -c "
                            + Evidence.SIDECAR
                            + "; when it was killed for memory, raise spec.instanceSidecarConfiguration.resources of the"
                            + " ObjectStore");
        } else if (image.isPresent() && !container.path("image").asText().equals(image.orElseThrow())) {
            findings.warn(
                    CHECK,
                    subject,
                    "it runs " + container.path("image").asText() + ", the plugin would inject " + image.orElseThrow(),
                    "the operator replaces the Pods one by one; with primaryUpdateStrategy: supervised it waits for a"
                            + " switchover");
        } else if (status.map(each -> each.path("restartCount").asInt()).orElse(0) > 0) {
            findings.warn(
                    CHECK,
                    subject,
                    "it was restarted "
                            + status.orElseThrow().path("restartCount").asInt() + " times; last: "
                            + Fields.words(status.orElseThrow().at("/lastState/terminated")),
                    "kubectl -n " + cluster.namespace() + " logs --previous " + Fields.name(pod) + " -c "
                            + Evidence.SIDECAR);
        } else {
            findings.ok(CHECK, subject, "runs " + container.path("image").asText());
        }
    }

    /** Why it does not run now. */
    private static Optional<String> stopped(Optional<JsonNode> status) {
        if (status.isEmpty()) {
            return Optional.empty();
        }
        JsonNode known = status.orElseThrow();
        for (String field : List.of("waiting", "terminated")) {
            JsonNode state = known.path("state").path(field);
            if (!state.isMissingNode()) {
                JsonNode last = known.at("/lastState/terminated");
                return Optional.of("it does not run: " + Fields.words(state)
                        + (last.isMissingNode() ? "" : "; before that: " + Fields.words(last)));
            }
        }
        return known.path("started").asBoolean(true)
                ? Optional.empty()
                : Optional.of("it runs and does not answer yet: PostgreSQL is not started before it does");
    }

    private void log() {
        Sight<String> log = evidence.logs().getOrDefault(cluster.title(), new Sight.Absent<>());
        if (findings.unseen(LOG, cluster.title(), log) || log.found().isEmpty()) {
            return;
        }
        Optional<String> last = log.found()
                .orElseThrow()
                .lines()
                .filter(line -> ERROR_LINE.matcher(line).find())
                .reduce((first, second) -> second);
        if (last.isEmpty()) {
            findings.ok(LOG, cluster.title(), "no error among the last lines of the primary");
        } else {
            findings.warn(
                    LOG,
                    cluster.title(),
                    "the last error of the primary: " + last.orElseThrow(),
                    String.format(
                            Locale.ROOT,
                            "kubectl -n %s logs %s -c %s",
                            cluster.namespace(),
                            cluster.view().currentPrimary().orElse("POD"),
                            Evidence.SIDECAR));
        }
    }
}
