package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** A list of conditions by the conventions of the Kubernetes API: one of each type, with the time of its last transition. */
final class Conditions {

    private Conditions() {}

    /** Sets a condition; its time changes with its status only. */
    static void set(ArrayNode conditions, String type, Verdict verdict, long generation, Instant now) {
        String status = verdict.holds() ? "True" : "False";
        ObjectNode condition = find(conditions, type).orElseGet(conditions::addObject);
        if (!condition.path("status").asText().equals(status)
                || !condition.path("lastTransitionTime").isTextual()) {
            condition.put(
                    "lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
        }
        condition
                .put("type", type)
                .put("status", status)
                .put("reason", verdict.reason())
                .put("message", verdict.message());
        Trees.put(condition, "observedGeneration", generation);
    }

    /** What a condition says, when it is there and says yes or no. */
    static Optional<Verdict> verdict(JsonNode conditions, String type) {
        return conditions instanceof ArrayNode array
                ? find(array, type).flatMap(Conditions::verdict)
                : Optional.empty();
    }

    private static Optional<Verdict> verdict(ObjectNode condition) {
        String status = condition.path("status").asText();
        if (!status.equals("True") && !status.equals("False")) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Verdict(
                    status.equals("True"),
                    condition.path("reason").asText(),
                    condition.path("message").asText()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<ObjectNode> find(ArrayNode conditions, String type) {
        for (JsonNode condition : conditions) {
            if (condition instanceof ObjectNode object
                    && object.path("type").asText().equals(type)) {
                return Optional.of(object);
            }
        }
        return Optional.empty();
    }
}
