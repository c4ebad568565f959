package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.cluster.PluginEntry;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a Cluster says of the plugin, and what the operator says of the plugin on the Cluster. */
final class ClusterCheck {

    private static final String ENTRY = "cluster";
    private static final String DISCOVERED = "discovered";

    private ClusterCheck() {}

    /** The Clusters as a whole: are there any, can they be understood. */
    static void examine(Evidence evidence, DoctorOrder order, Findings findings) {
        String where = order.namespace().map(name -> "namespace " + name).orElse("all namespaces");
        if (findings.unseen(ENTRY, where, evidence.clusters())) {
            return;
        }
        List<ObjectNode> clusters = evidence.clusters().found().orElse(List.of());
        String plugin = evidence.plugin().place().pluginName();
        clusters.forEach(tree -> malformed(tree, findings));
        if (order.cluster().isPresent() && clusters.isEmpty()) {
            findings.fail(
                    ENTRY,
                    where,
                    "there is no Cluster " + order.cluster().orElseThrow(),
                    "give its name with --cluster and its namespace with --namespace");
        } else if (OurCluster.among(clusters, plugin).isEmpty()) {
            String cause = clusters.isEmpty()
                    ? "there is no Cluster"
                    : "no Cluster names the plugin " + plugin + " (seen: " + clusters.size() + ")";
            String fix =
                    "add the plugin to spec.plugins of the Cluster; the ConfigMap of the chart app-backup has the lines";
            if (order.cluster().isPresent()) {
                findings.fail(ENTRY, where, cause, fix);
            } else {
                findings.warn(ENTRY, where, cause, fix);
            }
        }
    }

    private static void malformed(ObjectNode tree, Findings findings) {
        try {
            ClusterView unused = ClusterView.of(tree);
        } catch (InvalidClusterException e) {
            findings.fail(ENTRY, Fields.title(tree), String.valueOf(e.getMessage()), "correct the Cluster");
        }
    }

    /** One Cluster that names the plugin. */
    static void examine(OurCluster cluster, Findings findings) {
        entry(cluster, findings);
        discovered(cluster, findings);
    }

    private static void entry(OurCluster cluster, Findings findings) {
        String title = cluster.title();
        Optional<PluginEntry> entry = cluster.entry();
        boolean builtIn = cluster.tree().at("/spec/backup/barmanObjectStore").isObject();
        if (entry.isEmpty()) {
            findings.ok(ENTRY, title, "names the plugin for an external cluster only: nothing is archived by it");
        } else if (!entry.orElseThrow().enabled()) {
            findings.warn(ENTRY, title, "the plugin is switched off (enabled: false)", "set enabled: true to archive");
        } else if (!entry.orElseThrow().parameters().containsKey(PluginEntry.STORE_PARAMETER)) {
            findings.fail(
                    ENTRY,
                    title,
                    "the plugin has no parameter " + PluginEntry.STORE_PARAMETER,
                    "name the ObjectStore under spec.plugins[].parameters." + PluginEntry.STORE_PARAMETER);
        } else if (!entry.orElseThrow().isWALArchiver()) {
            findings.warn(
                    ENTRY,
                    title,
                    "isWALArchiver is not set: WAL is not archived by the plugin, and backups cannot be recovered without it",
                    "set isWALArchiver: true, unless another plugin archives");
        } else if (builtIn) {
            findings.fail(
                    ENTRY,
                    title,
                    "it has spec.backup.barmanObjectStore and a WAL archiver among its plugins",
                    "take spec.backup.barmanObjectStore out");
        } else {
            findings.ok(ENTRY, title, "archives with the plugin");
        }
    }

    private static void discovered(OurCluster cluster, Findings findings) {
        String title = cluster.title();
        String phase = cluster.tree().at("/status/phase").asText();
        String reason = cluster.tree().at("/status/phaseReason").asText();
        Optional<JsonNode> known = Fields.named(cluster.tree().at("/status/pluginStatus"), cluster.pluginName());
        String look =
                "look at the lines service, namespace, endpoints and certificate here, and into the operator's log";
        if (phase.toLowerCase(Locale.ROOT).contains("plugin")) {
            findings.fail(
                    DISCOVERED,
                    title,
                    "the operator has stopped: " + phase + (reason.isEmpty() ? "" : ": " + reason),
                    look);
        } else if (known.isPresent()) {
            findings.ok(
                    DISCOVERED,
                    title,
                    "the operator knows version "
                            + known.orElseThrow().path("version").asText("unknown"));
        } else if (cluster.enabled()) {
            findings.fail(DISCOVERED, title, "the operator does not list the plugin in status.pluginStatus", look);
        }
    }
}
