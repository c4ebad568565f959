package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A YAML text as trees that remember the line of each value.
 *
 * <p>Read token by token rather than through an object mapper for two reasons: positions, and aliases, which the mapper
 * would take for the literal text of their name.
 */
final class YamlDocuments {

    /**
     * @param root        the document
     * @param linesByPath the line of each value, from 1
     */
    record Document(JsonNode root, Map<String, Integer> linesByPath) {}

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final YAMLParser parser;
    private final Problems problems;
    private Map<String, Integer> lines = new HashMap<>();

    private YamlDocuments(YAMLParser parser, Problems problems) {
        this.parser = parser;
        this.problems = problems;
    }

    /** The documents of a text; what is wrong with its syntax goes to {@code problems}, and ends the reading. */
    static List<Document> read(String text, Problems problems) {
        List<Document> documents = new ArrayList<>();
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            YamlDocuments reader = new YamlDocuments(parser, problems);
            while (parser.nextToken() != null) {
                reader.lines = new HashMap<>();
                JsonNode root = reader.value("");
                boolean empty =
                        root.isNull() || (root.isTextual() && root.asText().isBlank());
                if (!empty) {
                    documents.add(new Document(root, reader.lines));
                }
            }
        } catch (JsonProcessingException e) {
            problems.add(syntaxProblem(e));
        } catch (IOException e) {
            throw new UncheckedIOException("reading YAML from memory", e);
        }
        return documents;
    }

    /** Without the parser's own excerpt of the text, which may show a Secret. */
    private static StoreProblem syntaxProblem(JsonProcessingException e) {
        String what = "not readable";
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MarkedYAMLException marked && marked.getProblem() != null) {
                what = marked.getProblem();
            }
        }
        if (e.getLocation() == null) {
            return new StoreProblem("", OptionalInt.empty(), "malformed YAML: " + what);
        }
        return new StoreProblem(
                "",
                OptionalInt.of(e.getLocation().getLineNr()),
                "malformed YAML at column " + e.getLocation().getColumnNr() + ": " + what);
    }

    private JsonNode value(String path) throws IOException {
        // A member has the line of its name already, which is where people look for it.
        lines.putIfAbsent(path, parser.currentTokenLocation().getLineNr());
        if (parser.isCurrentAlias()) {
            problems.add(new StoreProblem(
                    path,
                    OptionalInt.of(parser.currentTokenLocation().getLineNr()),
                    "YAML aliases are not supported here: write the value out"));
            return NODES.nullNode();
        }
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> object(path);
            case START_ARRAY -> array(path);
            case VALUE_STRING -> NODES.textNode(parser.getText());
            case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new IllegalStateException("no value begins with " + token);
        };
    }

    private ObjectNode object(String path) throws IOException {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            String member = path.isEmpty() ? name : path + "." + name;
            if (object.has(name)) {
                problems.add(new StoreProblem(
                        member,
                        OptionalInt.of(parser.currentTokenLocation().getLineNr()),
                        "written twice: keep one of the two"));
            }
            lines.put(member, parser.currentTokenLocation().getLineNr());
            parser.nextToken();
            object.set(name, value(member));
        }
        return object;
    }

    private ArrayNode array(String path) throws IOException {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value(path + "[" + array.size() + "]"));
        }
        return array;
    }
}
