package io.walarchiver.bridge.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.walarchiver.bridge.Repository;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What roles allow, and what is missing in one. */
final class RightTest {

    private static final Right READ_ONE = new Right("get", "", "secrets", "keys");

    /** The diagnosis of an installation must not miss a right that the chart gives for a reason, nor ask for another. */
    @Test
    void neededRightsAreThoseOfTheChart() throws IOException {
        assertThat(new TreeSet<>(OperatorRights.needed("postgresql.cnpg.io")))
                .isEqualTo(new TreeSet<>(Right.of(installed())));
    }

    @Test
    void rightIsHeldByItselfByAllNamesAndByStars() {
        assertThat(READ_ONE.isHeldBy(List.of(READ_ONE))).isTrue();
        assertThat(READ_ONE.isHeldBy(List.of(new Right("get", "", "secrets", ""))))
                .isTrue();
        assertThat(READ_ONE.isHeldBy(List.of(new Right("*", "*", "*", "")))).isTrue();
        assertThat(new Right("patch", "g", "things/status", "")
                        .isHeldBy(List.of(new Right("patch", "g", "*/status", ""))))
                .isTrue();
    }

    @Test
    void rightIsNotHeldByAnotherVerbGroupResourceOrName() {
        assertThat(READ_ONE.isHeldBy(List.of(
                        new Right("list", "", "secrets", ""),
                        new Right("get", "apps", "secrets", ""),
                        new Right("get", "", "secrets/status", ""),
                        new Right("get", "", "configmaps", ""),
                        new Right("get", "", "secrets", "others"))))
                .isFalse();
        assertThat(new Right("get", "", "secrets", "").isHeldBy(List.of(READ_ONE)))
                .isFalse();
        assertThat(READ_ONE.isHeldBy(List.of())).isFalse();
    }

    @Test
    void roleThatTheOperatorMakesLacksNothing() {
        ClusterView cluster = ClusterView.of(Documents.read("cluster.json"));
        InstanceRights rights = new InstanceRights(cluster, Documents.SETTINGS.pluginName());
        TreeSet<String> none = new TreeSet<>();
        ObjectNode role = new ClusterRights(cluster, "1")
                .role(Optional.empty(), new RoleContent(rights.stores(), new TreeSet<>(List.of("keys")), none, none));
        ObjectNode binding = new ClusterRights(cluster, "1").binding(Optional.empty());

        assertThat(rights.stores()).isNotEmpty();
        assertThat(rights.missing(role, name -> Optional.of(store(name)))).isEmpty();
        assertThat(rights.isBoundBy(binding)).isTrue();

        ((ObjectNode) role.at("/rules/2")).putArray("resourceNames").add("old-keys");
        assertThat(rights.missing(role, name -> Optional.of(store(name))))
                .extracting(Right::toString)
                .containsExactly("get secrets \"keys\"", "list secrets \"keys\"", "watch secrets \"keys\"");
        ((ObjectNode) binding.at("/subjects/0")).put("name", "other");
        assertThat(rights.isBoundBy(binding)).isFalse();
    }

    private static ObjectStoreResource store(String name) {
        return ObjectStoreResource.read(Documents.tree("""
                {"metadata": {"name": "%s", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "s3Credentials": {
                  "accessKeyId": {"name": "keys", "key": "id"}, "secretAccessKey": {"name": "keys", "key": "secret"}}}}}
                """.formatted(name)));
    }

    private static ObjectNode installed() throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        try (YAMLParser parser =
                yaml.getFactory().createParser(Repository.text(Repository.path("charts/manifest.yaml")))) {
            while (parser.nextToken() != null) {
                ObjectNode document = yaml.readTree(parser);
                if (document.path("kind").asText().equals("ClusterRole")
                        && document.at("/metadata/name").asText().equals("wal-archiver")) {
                    return document;
                }
            }
        }
        throw new AssertionError("no ClusterRole wal-archiver in the manifest");
    }
}
