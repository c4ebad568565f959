package io.walarchiver.bridge.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.walarchiver.bridge.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A chart of the repository. */
final class Chart {

    static final Chart PLUGIN = new Chart("wal-archiver");
    static final Chart APP_BACKUP = new Chart("app-backup");

    private static final YAMLMapper YAML = new YAMLMapper();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;

    private Chart(String name) {
        this.name = name;
    }

    /** Leaves out a test where Helm's engine does not exist. */
    static void assumeHelm() {
        boolean known = System.getProperty("os.arch").equals("amd64");
        Assumptions.assumeTrue(known, "Helm's engine is not published for " + System.getProperty("os.arch"));
    }

    Path directory() {
        return Repository.path("charts/" + name);
    }

    /** The messages of {@code helm lint --strict}, or none when it is content. */
    List<String> lint() {
        LintResult result = new Helm(directory()).lint().strict().call();
        return result.isFailed() ? result.getMessages() : List.of();
    }

    /** What {@code helm template} prints with values in YAML. */
    String text(String release, String namespace, String values) {
        try {
            Path file = Files.createTempFile("wal-archiver-values", ".yaml");
            try {
                Files.writeString(file, values);
                TemplateCommand command = new Helm(directory())
                        .template()
                        .withName(release)
                        .withNamespace(namespace)
                        .withKubeVersion("1.29.0")
                        .withValuesFile(file);
                return command.call();
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Objects render(String values) {
        return new Objects(parse(text("wal-archiver", "cnpg-system", values)));
    }

    static List<JsonNode> parse(String yaml) {
        try (YAMLParser parser = YAML.getFactory().createParser(yaml)) {
            List<JsonNode> documents = new ArrayList<>();
            while (parser.nextToken() != null) {
                JsonNode document = YAML.readTree(parser);
                if (!document.isNull()) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The objects of a rendered chart. */
    record Objects(List<JsonNode> all) {

        List<JsonNode> ofKind(String kind) {
            return all.stream()
                    .filter(object -> object.path("kind").asText().equals(kind))
                    .toList();
        }

        JsonNode one(String kind) {
            List<JsonNode> found = ofKind(kind);
            if (found.size() != 1) {
                throw new AssertionError(found.size() + " of the kind " + kind + " among " + names());
            }
            return found.get(0);
        }

        JsonNode named(String kind, String name) {
            return ofKind(kind).stream()
                    .filter(object -> object.at("/metadata/name").asText().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + kind + " " + name + " among " + names()));
        }

        List<String> kinds() {
            return all.stream()
                    .map(object -> object.path("kind").asText())
                    .distinct()
                    .sorted()
                    .toList();
        }

        private List<String> names() {
            return all.stream()
                    .map(object -> object.path("kind").asText() + " "
                            + object.at("/metadata/name").asText())
                    .toList();
        }
    }
}
