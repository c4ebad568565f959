package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A file that describes a store without Kubernetes, in the YAML of Kubernetes: an ObjectStore and the Secrets it names.
 * Stricter than Kubernetes, because nothing else will tell of a slip: an unknown field is a problem.
 *
 * @param resource      the ObjectStore as it is written
 * @param configuration what it means
 */
public record StoreDocument(ObjectStoreResource resource, StoreConfiguration configuration) {

    /**
     * Reads a file that describes one store.
     *
     * @throws InvalidStoreException with all problems of the file at once
     * @throws IOException           when the file cannot be read or is not UTF-8 text
     */
    public static StoreDocument read(Path file) throws IOException {
        return parse(text(file), file.toString(), true).get(0);
    }

    /**
     * Reads a file that describes one or several stores, each under a name of its own.
     *
     * @return at least one, in the order of the file
     * @throws InvalidStoreException with all problems of the file at once
     * @throws IOException           when the file cannot be read or is not UTF-8 text
     */
    public static List<StoreDocument> readAll(Path file) throws IOException {
        return parse(text(file), file.toString(), false);
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not UTF-8 text", e);
        }
    }

    /**
     * Reads a text that describes one store.
     *
     * @throws InvalidStoreException with all problems of the text at once
     */
    public static StoreDocument parse(String yaml) {
        return parse(yaml, "the description of the store", true).get(0);
    }

    private static List<StoreDocument> parse(String yaml, String source, boolean single) {
        Problems general = new Problems();
        List<YamlDocuments.Document> stores = new ArrayList<>();
        Map<String, SecretReader.Entry> secrets = new HashMap<>();
        List<YamlDocuments.Document> documents = YamlDocuments.read(yaml, general);
        // What stands behind broken syntax is unknown; more problems found now would only mislead.
        general.throwIfAny(source);
        for (int i = 0; i < documents.size(); i++) {
            YamlDocuments.Document document = documents.get(i);
            general.enterDocument(document.linesByPath());
            String kind = document.root().path("kind").asText();
            if (kind.equals(ObjectStoreResource.KIND)) {
                stores.add(document);
            } else if (kind.equals("Secret")) {
                SecretReader.read(document.root(), secrets, general);
            } else if (kind.isEmpty()) {
                general.add("", "document " + (i + 1) + " has no kind: expected an ObjectStore or a Secret");
            } else {
                general.warn("", "document " + (i + 1) + " is a " + kind + "; it is ignored");
            }
        }
        general.enterDocument(Map.of());
        if (single && stores.size() > 1) {
            general.add("", stores.size() + " documents of the kind ObjectStore: one is expected here");
        }
        if (stores.isEmpty()) {
            general.add("", "no document of the kind ObjectStore");
            general.throwIfAny(source);
        }
        return stores(stores, secrets, general, source);
    }

    /** Every store is looked at before anything is given up, so that all problems of a file come at once. */
    private static List<StoreDocument> stores(
            List<YamlDocuments.Document> documents,
            Map<String, SecretReader.Entry> secrets,
            Problems general,
            String source) {
        List<StoreProblem> found = new ArrayList<>(general.problems());
        List<StoreDocument> stores = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (YamlDocuments.Document document : documents) {
            Problems problems = new Problems();
            problems.enterDocument(document.linesByPath());
            try {
                StoreDocument store = store(document, secrets, problems, source);
                if (!names.add(store.resource().name())) {
                    problems.add(
                            "metadata.name",
                            "a second ObjectStore \"" + store.resource().name() + "\": give each its own name");
                    problems.throwIfAny(source);
                }
                stores.add(store.withWarnings(general.warnings()));
            } catch (InvalidStoreException e) {
                found.addAll(e.problems());
            }
        }
        if (!found.isEmpty()) {
            throw new InvalidStoreException(source, found);
        }
        return List.copyOf(stores);
    }

    private StoreDocument withWarnings(List<StoreProblem> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<StoreProblem> all = new ArrayList<>(more);
        all.addAll(configuration.warnings());
        return new StoreDocument(
                resource,
                new StoreConfiguration(
                        configuration.name(),
                        configuration.destinationPath(),
                        configuration.provider(),
                        configuration.wal(),
                        configuration.data(),
                        configuration.tags(),
                        configuration.historyTags(),
                        configuration.retention(),
                        all));
    }

    private static StoreDocument store(
            YamlDocuments.Document document,
            Map<String, SecretReader.Entry> secrets,
            Problems problems,
            String source) {
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
