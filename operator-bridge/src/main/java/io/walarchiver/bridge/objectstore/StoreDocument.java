package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file that describes a store without Kubernetes, in the YAML of Kubernetes: one ObjectStore and the Secrets it names.
 * Stricter than Kubernetes, because nothing else will tell of a slip: an unknown field is a problem.
 *
 * @param resource      the ObjectStore as it is written
 * @param configuration what it means
 */
public record StoreDocument(ObjectStoreResource resource, StoreConfiguration configuration) {

    /**
     * Reads a file.
     *
     * @throws InvalidStoreException with all problems of the file at once
     * @throws IOException           when the file cannot be read or is not UTF-8 text
     */
    public static StoreDocument read(Path file) throws IOException {
        String yaml;
        try {
            yaml = Files.readString(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not UTF-8 text", e);
        }
        return parse(yaml, file.toString());
    }

    /**
     * Reads a text.
     *
     * @throws InvalidStoreException with all problems of the text at once
     */
    public static StoreDocument parse(String yaml) {
        return parse(yaml, "the description of the store");
    }

    private static StoreDocument parse(String yaml, String source) {
        Problems problems = new Problems();
        List<YamlDocuments.Document> stores = new ArrayList<>();
        Map<String, SecretReader.Entry> secrets = new HashMap<>();
        List<YamlDocuments.Document> documents = YamlDocuments.read(yaml, problems);
        // What stands behind broken syntax is unknown; more problems found now would only mislead.
        problems.throwIfAny(source);
        for (int i = 0; i < documents.size(); i++) {
            YamlDocuments.Document document = documents.get(i);
            problems.enterDocument(document.linesByPath());
            String kind = document.root().path("kind").asText();
            if (kind.equals(ObjectStoreResource.KIND)) {
                stores.add(document);
            } else if (kind.equals("Secret")) {
                SecretReader.read(document.root(), secrets, problems);
            } else if (kind.isEmpty()) {
                problems.add("", "document " + (i + 1) + " has no kind: expected an ObjectStore or a Secret");
            } else {
                problems.warn("", "document " + (i + 1) + " is a " + kind + "; it is ignored");
            }
        }
        if (stores.size() != 1) {
            problems.enterDocument(Map.of());
            problems.add(
                    "",
                    stores.isEmpty()
                            ? "no document of the kind ObjectStore"
                            : stores.size() + " documents of the kind ObjectStore: one file describes one store");
        }
        if (stores.isEmpty()) {
            problems.throwIfAny(source);
        }
        return store(stores.get(0), secrets, problems, source);
    }

    private static StoreDocument store(
            YamlDocuments.Document document,
            Map<String, SecretReader.Entry> secrets,
            Problems problems,
            String source) {
        problems.enterDocument(document.linesByPath());
        JsonNode apiVersion = document.root().path("apiVersion");
        if (!apiVersion.asText().equals(ObjectStoreResource.API_VERSION)) {
            problems.add("apiVersion", "must be " + ObjectStoreResource.API_VERSION);
        }
        ObjectStoreResource resource = ObjectStoreResource.read(document.root(), problems, true);
        SecretResolver resolver = new SecretResolver(
                name -> Optional.ofNullable(secrets.get(name))
                        .filter(entry -> entry.isVisibleIn(resource.namespace()))
                        .map(SecretReader.Entry::secret),
                "in the file"
                        + resource.namespace()
                                .map(ns -> " for the namespace " + ns)
                                .orElse(""),
                problems);
        return new StoreDocument(resource, resource.resolve(resolver, problems, source));
    }
}
