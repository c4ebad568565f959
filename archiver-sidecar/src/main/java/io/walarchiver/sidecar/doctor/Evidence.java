package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.kubernetes.Sight;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was to see in a cluster at one moment.
 *
 * @param plugin     of the plugin itself
 * @param group      of Clusters and Backups
 * @param clusters   those that were asked for
 * @param namespaces of the Clusters that use the plugin, by name
 * @param logs       the last lines of the sidecar beside the primary, by {@code namespace/name} of the Cluster
 * @param now        the moment
 */
record Evidence(
        PluginEvidence plugin,
        OperatorGroup group,
        Sight<List<ObjectNode>> clusters,
        Map<String, NamespaceEvidence> namespaces,
        Map<String, Sight<String>> logs,
        Instant now) {

    /** The container of the sidecar, as the operator half names it. */
    static final String SIDECAR = "wal-archiver";

    /**
     * What belongs to the plugin.
     *
     * @param services     where the plugin was looked for
     * @param deployments  there, too: the plugin's and the operator's
     * @param place        which Service it is
     * @param slices       what is behind that Service
     * @param pods         of its namespace
     * @param serverSecret that the Service names
     * @param clientSecret that the Service names
     * @param certificates of cert-manager in its namespace
     * @param definition   of the ObjectStore resource
     * @param bindings     ClusterRoleBindings
     * @param clusterRoles that they bind the plugin to, by name
     */
    record PluginEvidence(
            Sight<List<ObjectNode>> services,
            Sight<List<ObjectNode>> deployments,
            PluginPlace place,
            Sight<List<ObjectNode>> slices,
            Sight<List<ObjectNode>> pods,
            Sight<ObjectNode> serverSecret,
            Sight<ObjectNode> clientSecret,
            Sight<List<ObjectNode>> certificates,
            Sight<ObjectNode> definition,
            Sight<List<ObjectNode>> bindings,
            Map<String, Sight<ObjectNode>> clusterRoles) {

        /** The Deployment behind the Service. */
        Optional<ObjectNode> deployment() {
            return deployment(deployments, place);
        }

        static Optional<ObjectNode> deployment(Sight<List<ObjectNode>> deployments, PluginPlace place) {
            return place.service()
                    .flatMap(service -> deployments.found().stream()
                            .flatMap(List::stream)
                            .filter(deployment -> Fields.namespace(deployment).equals(Fields.namespace(service)))
                            .filter(deployment -> Fields.selects(
                                    service.at("/spec/selector"), deployment.at("/spec/template/metadata/labels")))
                            .findFirst());
        }

        /** A variable of the plugin's process. */
        Optional<String> variable(String name) {
            return deployment().flatMap(deployment -> variable(deployment, name));
        }

        static Optional<String> variable(JsonNode deployment, String name) {
            for (JsonNode container : deployment.at("/spec/template/spec/containers")) {
                Optional<String> value = Fields.variable(container, name);
                if (value.isPresent()) {
                    return value;
                }
            }
            return Optional.empty();
        }

        /** The service account of the plugin. */
        Optional<String> account() {
            return deployment()
                    .map(deployment -> deployment
                            .at("/spec/template/spec/serviceAccountName")
                            .asText("default"));
        }
    }

    /**
     * What is in a namespace with Clusters.
     *
     * @param pods      all of them
     * @param stores    ObjectStores
     * @param secrets   that the stores name, by name
     * @param backups   Backups
     * @param schedules ScheduledBackups
     * @param roles     Roles
     * @param bindings  RoleBindings
     */
    record NamespaceEvidence(
            Sight<List<ObjectNode>> pods,
            Sight<List<ObjectNode>> stores,
            Map<String, Sight<ObjectNode>> secrets,
            Sight<List<ObjectNode>> backups,
            Sight<List<ObjectNode>> schedules,
            Sight<List<ObjectNode>> roles,
            Sight<List<ObjectNode>> bindings) {

        static Optional<ObjectNode> named(Sight<List<ObjectNode>> objects, String name) {
            return objects.found().stream()
                    .flatMap(List::stream)
                    .filter(object -> Fields.name(object).equals(name))
                    .findFirst();
        }
    }
}
