package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static io.walarchiver.bridge.operator.Documents.SETTINGS;
import static io.walarchiver.bridge.operator.Documents.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.walarchiver.bridge.Repository;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.KubeApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.awaitility.Awaitility;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A real API with everything that belongs to one Cluster: resource definitions, the rights that the chart gives the operator
 * half, those that CloudNativePG gives every instance, stores, and the Role that the operator half has made.
 */
public final class InstalledCluster implements AutoCloseable {

    static final String STORES = "/apis/barmancloud.cnpg.io/v1/namespaces/shop/objectstores";
    private static final ObjectMapper JSON = new ObjectMapper();

    public final KubeApiServer server;
    final ObjectNode cluster;
    final ApiConnection operator;
    final ApiConnection sidecar;
    private final Scheduler scheduler;

    /** Starts and installs it, or aborts the test where no API server can be had. */
    public InstalledCluster(Scheduler scheduler) {
        this.scheduler = scheduler;
        server = KubeApiServer.start();
        try {
            cluster = install();
            operator = server.connect("cnpg-system", "wal-archiver", scheduler);
            sidecar = server.connect("shop", "orders", scheduler);
            awaitEnd(pre());
        } catch (IOException | RuntimeException | Error e) {
            server.close();
            throw new AssertionError(e);
        }
    }

    private ObjectNode install() throws IOException {
        for (String name : List.of("shop", "cnpg-system")) {
            server.create(tree("{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"%s\"}}"
                    .formatted(name)));
        }
        account("cnpg-system", "wal-archiver");
        account("shop", "orders");
        try (InputStream crd = Objects.requireNonNull(ClusterView.class.getResourceAsStream(
                "/io/walarchiver/bridge/objectstore/objectstores.barmancloud.cnpg.io.yaml"))) {
            server.create(new YAMLMapper().readTree(crd));
        }
        for (String kind : List.of("Cluster", "Backup", "ScheduledBackup")) {
            server.create(definition(kind));
        }
        awaitKinds();
        for (JsonNode document : documents(Repository.text(Repository.path("charts/manifest.yaml")))) {
            if (Set.of("ClusterRole", "ClusterRoleBinding", "Service", "Deployment")
                    .contains(document.path("kind").asText())) {
                server.create(document);
            }
        }
        giveWhatEveryInstanceHas();
        store("backups");
        store("old-backups");
        store("others");
        ObjectNode definition = Documents.read("cluster.json");
        JsonNode status = definition.remove("status");
        ((ObjectNode) definition.path("metadata")).remove(List.of("uid", "managedFields"));
        ObjectNode created = (ObjectNode) server.create(definition);
        created.set("status", status);
        return (ObjectNode) server.send("PUT", KubeApiServer.collection(created) + "/orders/status", created)
                .body();
    }

    /** The hook of the operator half, which gives the sidecars their rights. */
    Mono<Void> pre() {
        return reconciler(operator).pre(bytes(cluster), bytes(cluster));
    }

    @Override
    public void close() {
        operator.close();
        sidecar.close();
        server.close();
    }

    ClusterReconciler reconciler(ApiConnection api) {
        return new ClusterReconciler(
                SETTINGS,
                api,
                new ClusterEvents(api, "wal-archiver", "operator-1", Clock.systemUTC()),
                StoreSource.asking(api),
                ClusterReconciler.StoreProblems.UNKNOWN,
                scheduler);
    }

    String uid() {
        return cluster.at("/metadata/uid").asText();
    }

    void account(String namespace, String name) {
        server.create(tree("""
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "%s", "namespace": "%s"}}
                """.formatted(name, namespace)));
    }

    void store(String name) {
        keys(name);
        server.create(tree("""
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "%1$s", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "s3Credentials": {
                  "accessKeyId": {"name": "%1$s-keys", "key": "id"},
                  "secretAccessKey": {"name": "%1$s-keys", "key": "secret"}}}}}
                """.formatted(name)));
    }

    void keys(String name) {
        server.create(tree("""
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "%s-keys", "namespace": "shop"},
                 "stringData": {"id": "a", "secret": "b"}}""".formatted(name)));
    }

    void backup(String name, String id) {
        ObjectNode backup = (ObjectNode) tree("""
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Backup", "metadata": {"name": "%s", "namespace": "shop"},
                 "spec": {"cluster": {"name": "orders"}, "method": "plugin",
                  "pluginConfiguration": {"name": "walarchiver.io"}}}""".formatted(name));
        ObjectNode created = (ObjectNode) server.create(backup);
        created.set("status", tree("""
                {"phase": "completed", "backupId": "%s", "method": "plugin", "stoppedAt": "2026-08-01T00:00:00Z",
                 "pluginMetadata": {"clusterUID": "%s", "pluginName": "walarchiver.io"}}""".formatted(id, uid())));
        KubeApiServer.Answer answer =
                server.send("PUT", KubeApiServer.collection(created) + "/" + name + "/status", created);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
    }

    /** As far as the sidecar uses it: its own Cluster, Backups, events. */
    private void giveWhatEveryInstanceHas() {
        server.create(tree("""
                {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                 "metadata": {"name": "orders", "namespace": "shop"}, "rules": [
                  {"apiGroups": ["postgresql.cnpg.io"], "resources": ["clusters"], "resourceNames": ["orders"],
                   "verbs": ["get", "list", "watch"]},
                  {"apiGroups": ["postgresql.cnpg.io"], "resources": ["backups"], "verbs": ["list", "get", "delete"]},
                  {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]}]}"""));
        server.create(tree("""
                {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                 "metadata": {"name": "orders", "namespace": "shop"},
                 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "orders"},
                 "subjects": [{"kind": "ServiceAccount", "name": "orders", "namespace": "shop"}]}"""));
    }

    private static JsonNode definition(String kind) {
        String plural = kind.toLowerCase(Locale.ROOT) + "s";
        return tree("""
                {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                 "metadata": {"name": "%1$s.postgresql.cnpg.io"},
                 "spec": {"group": "postgresql.cnpg.io", "scope": "Namespaced",
                  "names": {"kind": "%2$s", "plural": "%1$s"},
                  "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                   "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}
                """.formatted(plural, kind));
    }

    private void awaitKinds() {
        for (String path : List.of(
                STORES,
                "/apis/postgresql.cnpg.io/v1/namespaces/shop/clusters",
                "/apis/postgresql.cnpg.io/v1/namespaces/shop/backups",
                "/apis/postgresql.cnpg.io/v1/namespaces/shop/scheduledbackups")) {
            Awaitility.await(path)
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> server.send("GET", path, JSON.missingNode()).code() == 200);
        }
    }

    static byte[] bytes(JsonNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    static List<JsonNode> documents(String text) {
        YAMLMapper yaml = new YAMLMapper();
        List<JsonNode> documents = new ArrayList<>();
        try (YAMLParser parser = yaml.getFactory().createParser(text)) {
            while (parser.nextToken() != null) {
                JsonNode document = yaml.readTree(parser);
                if (document.isObject()) {
                    documents.add(document);
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return documents;
    }
}
