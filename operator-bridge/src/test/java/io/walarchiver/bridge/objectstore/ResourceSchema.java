package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;

/** The schema of the resource, as it is delivered. */
public final class ResourceSchema {

    /** Where the resource is written down, seen from this package. */
    private static final String FILE = "objectstores.barmancloud.cnpg.io.yaml";

    private static final YAMLMapper YAML = new YAMLMapper();

    private ResourceSchema() {}

    /** The file as it stands. */
    public static String text() {
        try (InputStream in = Objects.requireNonNull(ObjectStoreResource.class.getResourceAsStream(FILE))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The definition of the resource. */
    static JsonNode definition() {
        return documents(text()).get(0);
    }

    /** The schema of version v1. */
    public static JsonNode schema() {
        return definition().at("/spec/versions/0/schema/openAPIV3Schema");
    }

    static List<JsonNode> documents(String yaml) {
        try (YAMLParser parser = YAML.getFactory().createParser(yaml)) {
            List<JsonNode> documents = new ArrayList<>();
            while (parser.nextToken() != null) {
                documents.add(YAML.readTree(parser));
            }
            return documents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<JsonNode> resource(String file) {
        try (InputStream in =
                Objects.requireNonNull(ResourceSchema.class.getResourceAsStream("/objectstore/" + file), file)) {
            return documents(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every node of the schema with its path: {@code spec.configuration.tags.*}, {@code status.conditions[].type}. */
    static void forEachNode(JsonNode schema, BiConsumer<String, JsonNode> visitor) {
        visit("", schema, visitor);
    }

    private static void visit(String path, JsonNode node, BiConsumer<String, JsonNode> visitor) {
        visitor.accept(path, node);
        node.path("properties")
                .properties()
                .forEach(entry -> visit(
                        path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(), entry.getValue(), visitor));
        if (node.path("additionalProperties").isObject()) {
            visit(path + ".*", node.get("additionalProperties"), visitor);
        }
        if (node.has("items")) {
            visit(path + "[]", node.get("items"), visitor);
        }
    }

    /**
     * As a schema for a validator of JSON: fields that are not written down are refused, which is what strict
     * validation by the API server does.
     */
    static JsonNode strict() {
        JsonNode copy = schema().deepCopy();
        forEachNode(copy, (path, node) -> {
            if (node.has("properties") && !node.has("additionalProperties") && !path.equals("metadata")) {
                ((ObjectNode) node).put("additionalProperties", false);
            }
        });
        return copy;
    }
}
