package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Parts of the healthy cluster's objects, to be changed in place. */
final class Parts {

    private Parts() {}

    static ObjectNode object(FakeApi api, String kind, String name) {
        return api.object(kind, name);
    }

    static ObjectNode labels(FakeApi api, String kind, String name) {
        return (ObjectNode) api.object(kind, name).at("/metadata/labels");
    }

    static ObjectNode annotations(FakeApi api) {
        return (ObjectNode) api.object("Service", "wal-archiver").at("/metadata/annotations");
    }

    static ObjectNode data(FakeApi api, String secret) {
        return (ObjectNode) api.object("Secret", secret).path("data");
    }

    static ArrayNode rules(FakeApi api, String kind, String name) {
        return (ArrayNode) api.object(kind, name).path("rules");
    }

    static ObjectNode entry(FakeApi api) {
        return (ObjectNode) api.object("Cluster", "orders").at("/spec/plugins/0");
    }

    static ObjectNode sidecar(FakeApi api) {
        return (ObjectNode) api.object("Pod", "orders-1").at("/spec/initContainers/1");
    }

    static ObjectNode status(FakeApi api) {
        return (ObjectNode) api.object("Pod", "orders-1").at("/status/initContainerStatuses/1");
    }

    static ObjectNode store(FakeApi api, String pointer) {
        return (ObjectNode) api.object("ObjectStore", "backups").at(pointer);
    }

    static ObjectNode server(FakeApi api) {
        return store(api, "/status/servers/orders");
    }

    static ObjectNode condition(JsonNode of, int index) {
        return (ObjectNode) of.path("conditions").path(index);
    }

    static void archiving(FakeApi api, String message) {
        condition(api.object("Cluster", "orders").path("status"), 0)
                .put("status", "False")
                .put("reason", "ContinuousArchivingFailing")
                .put("message", message);
    }

    static ObjectNode backup(FakeApi api, String pointer) {
        return (ObjectNode) api.object("Backup", "orders-20260810").at(pointer);
    }
}
