package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.Sight;

/** Whether the cluster knows ObjectStores, and those fields of them that are ours. */
final class ResourceCheck {

    static final String DEFINITION = "objectstores.barmancloud.cnpg.io";

    private static final String RESOURCE = "resource";

    private ResourceCheck() {}

    static void examine(Evidence evidence, Findings findings) {
        Sight<ObjectNode> definition = evidence.plugin().definition();
        if (findings.unseen(RESOURCE, DEFINITION, definition)) {
            return;
        }
        if (definition.found().isEmpty()) {
            findings.fail(
                    RESOURCE,
                    DEFINITION,
                    "the resource definition is not installed",
                    "install the chart with crds.create=true, or kubectl apply --server-side -f"
                            + " charts/wal-archiver/files/objectstores.barmancloud.cnpg.io.yaml");
        } else if (hasOurFields(definition)) {
            findings.ok(RESOURCE, DEFINITION, "has all fields");
        } else {
            findings.warn(
                    RESOURCE,
                    DEFINITION,
                    "is that of the Barman Cloud plugin, or an old one: the API drops what the plugin reports of archives",
                    "kubectl apply --server-side --force-conflicts -f"
                            + " charts/wal-archiver/files/objectstores.barmancloud.cnpg.io.yaml");
        }
    }

    static boolean hasOurFields(Sight<ObjectNode> definition) {
        for (JsonNode version : definition.found().orElseThrow().at("/spec/versions")) {
            if (version.path("name").asText().equals("v1")) {
                JsonNode status = version.at("/schema/openAPIV3Schema/properties/status/properties");
                return status.has("servers") && status.has("conditions") && status.has("observedGeneration");
            }
        }
        return false;
    }
}
