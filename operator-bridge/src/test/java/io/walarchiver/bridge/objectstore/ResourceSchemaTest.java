package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.ValidationMessage;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the API server accepts and refuses by the schema alone; its rules are {@link ResourceRulesTest}'s affair. */
final class ResourceSchemaTest {

    @ParameterizedTest
    @MethodSource("manifests")
    void everyManifestOfTheReferenceIsValid(JsonNode manifest) {
        assertThat(problems(manifest))
                .as(manifest.at("/metadata/name").asText())
                .isEmpty();
    }

    static Stream<JsonNode> manifests() {
        return ResourceSchema.resource("reference-manifests.yaml").stream();
    }

    @Test
    void manifestWithEveryFieldOfOursIsValid() {
        JsonNode manifest = ResourceSchema.resource("every-field.yaml").get(0);

        assertThat(problems(manifest)).isEmpty();
    }

    @Test
    void referenceManifestsUseEveryFieldThatIsNotOurs() {
        Set<String> fields = new TreeSet<>();
        ResourceSchema.forEachNode(ResourceSchema.schema(), (path, node) -> {
            boolean ours = node.path("description").asText().startsWith("Ours:");
            if (path.matches("(spec|status)\\..*")
                    && !ours
                    && !path.startsWith("status.conditions")
                    && !path.startsWith("status.servers")) {
                fields.add(path);
            }
        });
        // Fields below a field of ours.
        fields.removeIf(path -> path.startsWith("spec.configuration.s3."));
        Set<String> used = new TreeSet<>();
        manifests().forEach(manifest -> collect("", manifest, used));

        assertThat(fields).hasSizeGreaterThan(70);
        assertThat(used).containsAll(without(fields, "spec.configuration.serverName"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /spec/configuration                           | {}                                  | destinationPath
            /spec                                         | {"retentionPolicy": "30d"}          | configuration
            /spec/configuration/destinationPath           | ""                                  | destinationPath
            /spec/configuration/destinationPath           | 7                                   | destinationPath
            /spec/configuration/destinationPaths          | "s3://b"                            | destinationPaths
            /spec/configuration/endpointCA                | {"name": "a"}                       | key
            /spec/configuration/s3Credentials/region      | "eu-central-1"                      | region
            /spec/configuration/s3Credentials/accessKeyId | {"key": "a"}                        | name
            /spec/configuration/wal                       | {"compression": "zip"}              | compression
            /spec/configuration/wal                       | {"compression": ""}                 | compression
            /spec/configuration/wal                       | {"encryption": "aes"}               | encryption
            /spec/configuration/wal                       | {"maxParallel": 0}                  | maxParallel
            /spec/configuration/wal                       | {"compressionLevel": 23}            | compressionLevel
            /spec/configuration/wal                       | {"digest": "md5"}                   | digest
            /spec/configuration/data                      | {"compression": "zstd"}             | compression
            /spec/configuration/data                      | {"jobs": 0}                         | jobs
            /spec/configuration/data                      | {"immediateCheckpoint": "yes"}      | immediateCheckpoint
            /spec/configuration/tags                      | {"a": 1}                            | tags
            /spec/configuration/s3                        | {"addressingStyle": "host"}         | addressingStyle
            /spec/configuration/s3                        | {"checksumMode": false}             | checksumMode
            /spec/configuration/s3                        | {"requestTimeoutSeconds": 0}        | requestTimeoutSeconds
            /spec/retentionPolicy                         | "0d"                                | retentionPolicy
            /spec/retentionPolicy                         | "30 days"                           | retentionPolicy
            /spec/instanceSidecarConfiguration            | {"logLevel": "warn"}                | logLevel
            /spec/instanceSidecarConfiguration            | {"env": [{"value": "x"}]}           | name
            /spec/instanceSidecarConfiguration            | {"resources": {"limits": {"memory": "much"}}} | memory
            /status                                       | {"servers": {"s": {"waitingFiles": -1}}} | waitingFiles
            /status                                       | {"conditions": [{"type": "Ready", "status": "true"}]} | status
            """)
    void whatTheSchemaRefuses(String pointer, String value, String named) {
        JsonNode manifest = ResourceSchema.resource("every-field.yaml").get(0).deepCopy();
        int slash = pointer.lastIndexOf('/');
        ((ObjectNode) manifest.at(pointer.substring(0, slash)))
                .set(
                        pointer.substring(slash + 1),
                        ResourceSchema.documents(value).get(0));

        assertThat(problems(manifest)).isNotEmpty().allMatch(problem -> problem.contains(named), "names " + named);
    }

    @Test
    void everyFieldHasADescriptionAndAType() {
        ResourceSchema.forEachNode(ResourceSchema.schema(), (path, node) -> {
            boolean element = path.endsWith(".*") || path.endsWith("[]") || path.equals("metadata");
            assertThat(node.path("description").asText().isEmpty()).as(path).isEqualTo(element);
            assertThat(node.has("type")
                            || node.path("x-kubernetes-int-or-string").asBoolean())
                    .as(path)
                    .isTrue();
        });
    }

    @Test
    void objectOfTheDefinitionIsWhatTheModelSays() {
        JsonNode spec = ResourceSchema.definition().path("spec");
        JsonNode version = spec.at("/versions/0");

        assertThat(spec.path("group").asText()).isEqualTo(ObjectStoreResource.GROUP);
        assertThat(spec.path("group").asText() + "/" + version.path("name").asText())
                .isEqualTo(ObjectStoreResource.API_VERSION);
        assertThat(spec.at("/names/kind").asText()).isEqualTo(ObjectStoreResource.KIND);
        assertThat(spec.path("versions")).hasSize(1);
        assertThat(version.path("served").asBoolean()).isTrue();
        assertThat(version.path("storage").asBoolean()).isTrue();
        assertThat(version.at("/subresources/status").isObject()).isTrue();
        assertThat(spec.path("scope").asText()).isEqualTo("Namespaced");
    }

    @Test
    void everyColumnReadsAFieldOfTheSchema() {
        Set<String> paths = new TreeSet<>();
        ResourceSchema.forEachNode(ResourceSchema.schema(), (path, node) -> paths.add("." + path));
        JsonNode columns = ResourceSchema.definition().at("/spec/versions/0/additionalPrinterColumns");

        assertThat(columns).hasSizeGreaterThan(4);
        for (JsonNode column : columns) {
            String path = column.path("jsonPath").asText().replaceAll("\\[\\?[^]]*]", "[]");
            if (!path.startsWith(".metadata.")) {
                assertThat(paths).as(column.path("name").asText()).contains(path);
            }
        }
    }

    private static List<String> problems(JsonNode manifest) {
        return ManifestCheck.SCHEMA.validate(manifest).stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    private static Set<String> without(Set<String> fields, String... others) {
        return fields.stream().filter(field -> !List.of(others).contains(field)).collect(Collectors.toSet());
    }

    /** The paths of a document, in the words of {@link ResourceSchema#forEachNode}. */
    private static void collect(String path, JsonNode node, Set<String> paths) {
        paths.add(path);
        node.properties()
                .forEach(entry -> collect(
                        isMap(path) ? path + ".*" : path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                        entry.getValue(),
                        paths));
        if (node.isArray()) {
            node.forEach(element -> collect(path + "[]", element, paths));
        }
    }

    private static boolean isMap(String path) {
        return path.matches(".*\\.(tags|historyTags|requests|limits|serverRecoveryWindow|servers)");
    }
}
