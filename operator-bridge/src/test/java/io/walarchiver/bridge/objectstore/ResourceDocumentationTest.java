package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.Repository;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The tables of {@code docs/objectstore.md} and the schema say the same. */
final class ResourceDocumentationTest {

    private static final Path FILE = Repository.path("docs/objectstore.md");
    private static final String BEGIN = "<!-- made from the schema: begin -->\n";
    private static final String END = "<!-- made from the schema: end -->\n";

    @Test
    void everyFieldIsDocumentedAsTheSchemaSaysIt() {
        String text = Repository.text(FILE);
        assertThat(text).contains(BEGIN, END);

        Repository.assertDerived(
                FILE, text.substring(0, text.indexOf(BEGIN)) + BEGIN + tables() + text.substring(text.indexOf(END)));
    }

    private static String tables() {
        StringBuilder markdown = new StringBuilder();
        table(markdown, "spec", "spec.");
        table(markdown, "status", "status.");
        markdown.append("\nRefused when an object is written:\n\n");
        ResourceSchema.forEachNode(
                ResourceSchema.schema(),
                (path, node) -> node.path("x-kubernetes-validations")
                        .forEach(rule -> markdown.append("* `")
                                .append(path)
                                .append(rule.path("fieldPath").asText())
                                .append("`: ")
                                .append(rule.path("message").asText())
                                .append('\n')));
        return markdown.append('\n').toString();
    }

    private static void table(StringBuilder markdown, String title, String prefix) {
        markdown.append("\n### `").append(title).append("`\n\n| field | type | meaning |\n|---|---|---|\n");
        ResourceSchema.forEachNode(ResourceSchema.schema(), (path, node) -> {
            boolean withinEnv = path.startsWith("spec.instanceSidecarConfiguration.env[]")
                    || path.startsWith("spec.instanceSidecarConfiguration.resources.");
            boolean withinKey = path.matches(".*(Id|Key|Token|region|String|Account|CA|Credentials)\\.(name|key)");
            if (path.startsWith(prefix) && node.has("description") && !withinEnv && !withinKey) {
                markdown.append("| `")
                        .append(path.substring(prefix.length()))
                        .append("` | ")
                        .append(type(node))
                        .append(" | ")
                        .append(node.path("description").asText().replace("|", "\\|"))
                        .append(" |\n");
            }
        });
    }

    private static String type(JsonNode node) {
        List<String> parts = new ArrayList<>();
        if (node.has("enum")) {
            parts.add(node.path("enum")
                    .valueStream()
                    .map(word -> "`" + word.asText() + "`")
                    .collect(Collectors.joining(", ")));
        } else if (node.at("/properties/name").isObject()
                && node.at("/properties/key").isObject()) {
            parts.add("Secret's `name` and `key`");
        } else if (node.path("additionalProperties").isObject()) {
            parts.add("map of " + node.at("/additionalProperties/type").asText());
        } else if (node.path("type").asText().equals("array")) {
            parts.add("list of " + node.at("/items/type").asText());
        } else {
            parts.add(node.path("type").asText());
        }
        if (node.has("format")) {
            parts.set(0, node.path("format").asText().equals("date-time") ? "time" : parts.get(0));
        }
        if (node.has("minimum")) {
            parts.add(
                    node.has("maximum")
                            ? node.path("minimum").asText() + " to "
                                    + node.path("maximum").asText()
                            : "at least " + node.path("minimum").asText());
        }
        if (node.has("default")) {
            parts.add("default `" + node.path("default").asText() + "`");
        }
        return String.join("; ", parts);
    }
}
