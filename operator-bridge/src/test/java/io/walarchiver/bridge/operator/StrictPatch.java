package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Applies a JSON patch as strictly as the operator: an addition needs its parent, a replacement and a removal need what
 * they replace or remove. Knows the three operations that we use and refuses others.
 */
final class StrictPatch {

    private StrictPatch() {}

    static JsonNode apply(JsonNode patch, JsonNode object) {
        JsonNode result = object.deepCopy();
        for (JsonNode operation : patch) {
            JsonPointer path = JsonPointer.compile(operation.path("path").asText());
            JsonNode parent = result.at(path.head());
            String last = path.last().getMatchingProperty();
            String name = operation.path("op").asText();
            JsonNode value = operation.get("value");
            if (parent instanceof ObjectNode node) {
                apply(node, name, last, value);
            } else if (parent instanceof ArrayNode array) {
                apply(array, name, last, value);
            } else {
                throw new AssertionError("nothing at the parent of " + path);
            }
        }
        return result;
    }

    private static void apply(ObjectNode parent, String operation, String field, JsonNode value) {
        if (!operation.equals("add") && !parent.has(field)) {
            throw new AssertionError("nothing to " + operation + " at " + field);
        }
        switch (operation) {
            case "add", "replace" -> parent.set(field, value.deepCopy());
            case "remove" -> parent.remove(field);
            default -> throw new AssertionError("operation " + operation);
        }
    }

    private static void apply(ArrayNode parent, String operation, String index, JsonNode value) {
        int at = index.equals("-") ? parent.size() : Integer.parseInt(index);
        boolean fits = operation.equals("add") ? at <= parent.size() : at < parent.size();
        if (!fits) {
            throw new AssertionError("nothing to " + operation + " at " + index);
        }
        switch (operation) {
            case "add" -> parent.insert(at, value.deepCopy());
            case "replace" -> parent.set(at, value.deepCopy());
            case "remove" -> parent.remove(at);
            default -> throw new AssertionError("operation " + operation);
        }
    }
}
