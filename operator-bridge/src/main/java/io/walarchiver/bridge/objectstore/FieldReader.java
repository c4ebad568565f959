package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads the fields of one JSON object. A field of the wrong type is a problem and then counts as absent, so that reading
 * goes on and finds the next problem. Null counts as absent, as it does for Kubernetes.
 */
final class FieldReader {

    private final JsonNode object;
    private final String path;
    private final Problems problems;
    private final Set<String> known = new LinkedHashSet<>();

    FieldReader(JsonNode object, String path, Problems problems) {
        this.object = object;
        this.path = path;
        this.problems = problems;
    }

    String path() {
        return path;
    }

    String pathOf(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    Optional<String> text(String name) {
        return field(name).flatMap(value -> asText(value, pathOf(name)));
    }

    /** The text, or a problem and an empty text. */
    String requiredText(String name) {
        if (field(name).isEmpty()) {
            problems.add(pathOf(name), "is required");
            return "";
        }
        Optional<String> text = text(name);
        if (text.filter(String::isEmpty).isPresent()) {
            problems.add(pathOf(name), "must not be empty");
        }
        return text.orElse("");
    }

    boolean flag(String name) {
        Optional<JsonNode> value = field(name);
        if (value.filter(node -> !node.isBoolean()).isPresent()) {
            problems.add(pathOf(name), "must be true or false");
        }
        return value.filter(JsonNode::isBoolean).map(JsonNode::booleanValue).orElse(false);
    }

    OptionalInt integer(String name, int lowest) {
        Optional<JsonNode> value = field(name);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        JsonNode node = value.orElseThrow();
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < lowest) {
            problems.add(
                    pathOf(name),
                    lowest == Integer.MIN_VALUE
                            ? "must be a whole number"
                            : "must be a whole number of at least " + lowest);
            return OptionalInt.empty();
        }
        return OptionalInt.of(node.intValue());
    }

    /** One of a closed set of words. */
    <T> Optional<T> choice(String name, Map<String, T> words) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String word = text.orElseThrow();
        T chosen = words.get(word);
        if (chosen == null) {
            String valid = String.join(
                    ", ",
                    words.keySet().stream().filter(w -> !w.isEmpty()).sorted().toList());
            problems.add(pathOf(name), "\"" + word + "\" is not one of " + valid);
            return Optional.empty();
        }
        return Optional.of(chosen);
    }

    Optional<FieldReader> object(String name) {
        Optional<JsonNode> value = field(name);
        if (value.filter(node -> !node.isObject()).isPresent()) {
            problems.add(pathOf(name), "must be an object, that is, have fields of its own");
        }
        return value.filter(JsonNode::isObject).map(node -> new FieldReader(node, pathOf(name), problems));
    }

    /** The object, or an empty one when it is absent. */
    FieldReader objectOrEmpty(String name) {
        return object(name)
                .orElseGet(() -> new FieldReader(JsonNodeFactory.instance.objectNode(), pathOf(name), problems));
    }

    Map<String, String> textMap(String name) {
        Map<String, String> texts = new TreeMap<>();
        object(name)
                .ifPresent(map -> map.object
                        .properties()
                        .forEach(entry -> asText(entry.getValue(), map.pathOf(entry.getKey()))
                                .ifPresent(text -> texts.put(entry.getKey(), text))));
        return texts;
    }

    List<String> textList(String name) {
        List<String> texts = new ArrayList<>();
        array(name).ifPresent(array -> {
            for (int i = 0; i < array.size(); i++) {
                JsonNode entry = array.get(i);
                // A bad entry keeps its place, so that what is said about the others names the right one.
                texts.add(asText(entry, pathOf(name) + "[" + i + "]").orElseGet(entry::asText));
            }
        });
        return texts;
    }

    Optional<JsonNode> array(String name) {
        Optional<JsonNode> value = field(name);
        if (value.filter(node -> !node.isArray()).isPresent()) {
            problems.add(pathOf(name), "must be a list");
        }
        return value.filter(JsonNode::isArray);
    }

    /** The field as it stands, whatever it is. */
    Optional<JsonNode> field(String name) {
        known.add(name);
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    /** Fields that may be there and say nothing here. */
    void allow(String... names) {
        known.addAll(List.of(names));
    }

    /** Reports each field nobody asked for. To be called last. */
    void rejectUnknownFields() {
        for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                String hint = nearest(name)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse("");
                problems.add(pathOf(name), "unknown field" + hint);
            }
        }
    }

    private Optional<String> asText(JsonNode value, String at) {
        if (value.isTextual()) {
            return Optional.of(value.textValue());
        }
        problems.add(at, value.isContainerNode() ? "must be text" : "must be text: put it in quotes");
        return Optional.empty();
    }

    private Optional<String> nearest(String name) {
        Map<Integer, String> byDistance = new HashMap<>();
        for (String candidate : known) {
            byDistance.putIfAbsent(
                    distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT)), candidate);
        }
        int tolerance = Math.max(1, name.length() / 4);
        return byDistance.keySet().stream()
                .min(Integer::compare)
                .filter(d -> d <= tolerance)
                .map(byDistance::get);
    }

    /** Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
