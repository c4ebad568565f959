package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** What several checks read of objects. */
final class Fields {

    private Fields() {}

    static String name(JsonNode object) {
        return object.at("/metadata/name").asText();
    }

    static String namespace(JsonNode object) {
        return object.at("/metadata/namespace").asText();
    }

    /** {@code namespace/name}. */
    static String title(JsonNode object) {
        return namespace(object) + "/" + name(object);
    }

    static String label(JsonNode object, String key) {
        return object.path("metadata").path("labels").path(key).asText();
    }

    static String annotation(JsonNode object, String key) {
        return object.path("metadata").path("annotations").path(key).asText();
    }

    /** A label of the operator, whose domain a vendor may have changed. */
    static String operatorLabel(JsonNode object, String key) {
        return object.path("metadata").path("labels").properties().stream()
                .filter(label -> label.getKey().endsWith("/" + key))
                .map(Map.Entry::getValue)
                .map(JsonNode::asText)
                .findFirst()
                .orElse("");
    }

    /** A condition among {@code conditions}. */
    static Optional<JsonNode> condition(JsonNode conditions, String type) {
        for (JsonNode condition : conditions) {
            if (condition.path("type").asText().equals(type)) {
                return Optional.of(condition);
            }
        }
        return Optional.empty();
    }

    static boolean isStatus(JsonNode condition, String status) {
        return condition.path("status").asText().equals(status);
    }

    /** Reason and message of a condition. */
    static String words(JsonNode condition) {
        String reason = condition.path("reason").asText();
        String message = condition.path("message").asText();
        return message.isEmpty() ? reason : reason.isEmpty() ? message : reason + ": " + message;
    }

    static Optional<Instant> time(JsonNode object, String field) {
        try {
            return Optional.of(Instant.parse(object.path(field).asText()));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The value of a variable of a container. */
    static Optional<String> variable(JsonNode container, String name) {
        for (JsonNode variable : container.path("env")) {
            if (variable.path("name").asText().equals(name)
                    && variable.path("value").isTextual()) {
                return Optional.of(variable.path("value").asText());
            }
        }
        return Optional.empty();
    }

    /** The element of a list that has the name. */
    static Optional<JsonNode> named(JsonNode list, String name) {
        for (JsonNode element : list) {
            if (element.path("name").asText().equals(name)) {
                return Optional.of(element);
            }
        }
        return Optional.empty();
    }

    /** Whether all labels of a selector are among the labels. */
    static boolean selects(JsonNode selector, JsonNode labels) {
        return !selector.isEmpty()
                && selector.properties().stream()
                        .allMatch(label -> labels.path(label.getKey()).equals(label.getValue()));
    }
}
