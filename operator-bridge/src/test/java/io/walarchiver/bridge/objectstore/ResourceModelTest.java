package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema that is installed and the records that are read into have the same fields of the same types. */
final class ResourceModelTest {

    /** A component whose name is not the field's. */
    private static final Map<String, String> NAMES = Map.of("instanceSidecar", "instanceSidecarConfiguration");

    /** In the schema so that a rule can refuse it. */
    private static final String REFUSED = "spec.configuration.serverName";

    /** Subtrees that Kubernetes defines; the model keeps them as they are. */
    private static final Set<String> OPAQUE =
            Set.of("spec.instanceSidecarConfiguration.env", "spec.instanceSidecarConfiguration.resources");

    private record Field(String path, JsonNode schema) {
        @Override
        public String toString() {
            return path;
        }
    }

    @Test
    void schemaAndModelHaveTheSameFieldsOfTheSameTypes() {
        Map<String, String> schema = new TreeMap<>();
        fields().forEach(field -> schema.put(field.path(), type(field.path(), field.schema())));
        Map<String, String> model = new TreeMap<>();
        record("spec", ObjectStoreSpec.class, model);

        assertThat(model).hasSizeGreaterThan(60);
        assertThat(schema).isEqualTo(model);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void everyValueOfTheSchemaIsReadAndEveryOtherIsNot(Field field) {
        for (JsonNode good : valid(field.schema())) {
            assertThat(problems(field.path(), good)).as(good.toString()).isEmpty();
        }
        for (JsonNode bad : invalid(field.path(), field.schema())) {
            assertThat(problems(field.path(), bad)).as(bad.toString()).isNotEmpty();
        }
    }

    static Stream<Field> fields() {
        List<Field> fields = new ArrayList<>();
        ResourceSchema.forEachNode(ResourceSchema.schema(), (path, node) -> {
            boolean element = path.endsWith(".*") || path.endsWith("[]");
            boolean within =
                    OPAQUE.stream().anyMatch(opaque -> path.startsWith(opaque + ".") || path.startsWith(opaque + "["));
            if (path.startsWith("spec.") && !element && !within && !path.equals(REFUSED)) {
                fields.add(new Field(path, node));
            }
        });
        return fields.stream();
    }

    private static String type(String path, JsonNode schema) {
        if (OPAQUE.contains(path)) {
            return "as written";
        }
        return switch (schema.path("type").asText()) {
            case "string" -> schema.has("enum") ? "string or word" : "string";
            case "array" -> "list of " + schema.at("/items/type").asText();
            case "object" ->
                schema.has("additionalProperties")
                        ? "map to " + schema.at("/additionalProperties/type").asText()
                        : "object";
            default -> schema.path("type").asText();
        };
    }

    private static void record(String path, Class<?> type, Map<String, String> fields) {
        for (RecordComponent component : type.getRecordComponents()) {
            String at = path + "." + NAMES.getOrDefault(component.getName(), component.getName());
            Type declared = component.getGenericType();
            if (declared instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
                declared = generic.getActualTypeArguments()[0];
            }
            if (declared instanceof Class<?> nested && nested.isRecord()) {
                fields.put(at, "object");
                record(at, nested, fields);
            } else {
                fields.put(at, type(at, declared));
            }
        }
    }

    private static String type(String path, Type type) {
        if (type == JsonNode.class) {
            return "as written";
        }
        if (type == boolean.class) {
            return "boolean";
        }
        if (type == OptionalInt.class) {
            return "integer";
        }
        if (type instanceof Class<?> word && word.isEnum()) {
            return "string or word";
        }
        if (type == String.class) {
            // Words that the model keeps as text; which ones are right is proven by reading them.
            return path.endsWith(".encryption") || path.endsWith(".logLevel") ? "string or word" : "string";
        }
        String generic = type.getTypeName();
        if (generic.equals("java.util.List<java.lang.String>")) {
            return "list of string";
        }
        assertThat(generic).as(path).isEqualTo("java.util.Map<java.lang.String, java.lang.String>");
        return "map to string";
    }

    private static List<JsonNode> valid(JsonNode schema) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        if (schema.has("enum")) {
            return schema.path("enum").valueStream().toList();
        }
        if (schema.has("pattern")) {
            return List.of(nodes.textNode("30d"), nodes.textNode("1w"), nodes.textNode("12m"));
        }
        return switch (schema.path("type").asText()) {
            case "string" -> List.of(nodes.textNode("s3://bucket"));
            case "boolean" -> List.of(nodes.booleanNode(true), nodes.booleanNode(false));
            case "integer" ->
                List.of(
                        nodes.numberNode(schema.path("minimum").asInt(0)),
                        nodes.numberNode(schema.path("maximum").asInt(4711)));
            case "array" -> List.of(nodes.arrayNode());
            default -> {
                ObjectNode object = nodes.objectNode();
                schema.path("required").forEach(name -> object.put(name.asText(), "text"));
                yield List.of(object);
            }
        };
    }

    private static List<JsonNode> invalid(String path, JsonNode schema) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        List<JsonNode> bad = new ArrayList<>(List.of(
                switch (schema.path("type").asText()) {
                    case "string" -> nodes.numberNode(1);
                    case "array" -> nodes.objectNode();
                    case "object" -> nodes.arrayNode();
                    default -> nodes.textNode("text");
                }));
        if (schema.has("enum")) {
            Set<String> words = new TreeSet<>();
            schema.path("enum").forEach(word -> words.add(word.asText()));
            Stream.of("zip", "zstd", "xz", "AES256 ", "warn", "OFF")
                    .filter(word -> !words.contains(word))
                    .forEach(word -> bad.add(nodes.textNode(word)));
        }
        // The level depends on the algorithm: the rules know more than the schema, and StoreResolver checks them.
        if (schema.has("minimum") && !path.endsWith(".compressionLevel")) {
            bad.add(nodes.numberNode(schema.path("minimum").asInt() - 1));
        }
        if (schema.has("required")) {
            bad.add(nodes.objectNode());
        }
        if (schema.has("minLength")) {
            bad.add(nodes.textNode(""));
        }
        return bad;
    }

    /** What is said about the field in an otherwise good manifest. */
    private static List<StoreProblem> problems(String path, JsonNode value) {
        ObjectNode manifest = (ObjectNode) ResourceSchema.documents("""
                metadata: {name: store}
                spec: {configuration: {destinationPath: "s3://bucket"}}
                """).get(0);
        List<String> names = Arrays.asList(path.split("\\."));
        ObjectNode at = manifest;
        for (String name : names.subList(0, names.size() - 1)) {
            at = at.withObjectProperty(name);
        }
        at.set(names.get(names.size() - 1), value);
        Problems problems = new Problems();
        ObjectStoreResource resource = ObjectStoreResource.read(manifest, problems, true);
        // Of the rules only the pattern of the retention policy is about one field.
        Problems rules = new Problems();
        new StoreRules(rules).check(resource.spec(), Optional.empty());
        List<StoreProblem> all = new ArrayList<>(found(problems));
        found(rules).stream()
                .filter(problem -> problem.path().equals("spec.retentionPolicy"))
                .forEach(all::add);
        all.removeIf(problem -> !problem.path().startsWith(path));
        return all;
    }

    private static List<StoreProblem> found(Problems problems) {
        try {
            problems.throwIfAny("");
            return List.of();
        } catch (InvalidStoreException e) {
            return e.problems();
        }
    }
}
