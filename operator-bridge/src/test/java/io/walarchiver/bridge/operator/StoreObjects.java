package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;

/** Stores, Secrets and Roles in the API of the tests. */
final class StoreObjects {

    private final FakeKubernetes kubernetes;

    StoreObjects(FakeKubernetes kubernetes) {
        this.kubernetes = kubernetes;
    }

    static String key(String namespace, String name) {
        return "barmancloud.cnpg.io/objectstores/" + namespace + "/" + name;
    }

    /** A store whose keys are in a Secret. */
    void store(String namespace, String name, String secret) {
        store(namespace, name, "s3://b/p", """
            "s3Credentials": {"accessKeyId": {"name": "%1$s", "key": "id"},
                              "secretAccessKey": {"name": "%1$s", "key": "secret"}}""".formatted(secret));
    }

    void store(String namespace, String name, String destination, String configuration) {
        kubernetes.objects.apply("objectstores", """
            {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
             "metadata": {"name": "%s", "namespace": "%s"},
             "spec": {"configuration": {"destinationPath": "%s", %s}}}""".formatted(name, namespace, destination, configuration));
    }

    void secret(String namespace, String name, String... keys) {
        StringBuilder data = new StringBuilder();
        for (String key : keys) {
            data.append(data.isEmpty() ? "" : ", ").append('"').append(key).append("\": \"QUtJQQ==\"");
        }
        kubernetes.objects.apply("secrets", """
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "%s", "namespace": "%s"}, "data": {%s}}""".formatted(name, namespace, data));
    }

    /** The condition Ready of a store; missing before it is written. */
    JsonNode ready(String namespace, String name) {
        for (JsonNode condition : kubernetes.objects.get(key(namespace, name)).at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition;
            }
        }
        return Documents.tree("{}");
    }
}
