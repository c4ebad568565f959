package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The file given with {@code --store}: one or several ObjectStores and their Secrets.
 *
 * @param stores at least one; the first is the archive unless another is chosen
 */
public record StoreFile(List<StoreDocument> stores) {

    public StoreFile {
        stores = List.copyOf(stores);
        if (stores.isEmpty()) {
            throw new IllegalArgumentException("a store file describes at least one store");
        }
    }

    /** What the file describes, or noted problems. */
    public static Optional<StoreFile> read(Path file, Problems problems) {
        if (!Files.isRegularFile(file)) {
            problems.add("--store: " + file + " is not a file; name a YAML file with an ObjectStore and its Secrets");
            return Optional.empty();
        }
        try {
            return Optional.of(new StoreFile(StoreDocument.readAll(file)));
        } catch (InvalidStoreException e) {
            e.problems().forEach(problem -> problems.add("--store " + file + ": " + problem));
        } catch (IOException e) {
            problems.add("--store: " + file + " cannot be read (" + e.getClass().getSimpleName()
                    + "); check its permissions and that it is UTF-8 text");
        }
        return Optional.empty();
    }

    /** The names of the stores, in the order of the file. */
    public List<String> names() {
        return stores.stream().map(store -> store.resource().name()).toList();
    }

    /** The store of that name. */
    public Optional<StoreConfiguration> find(String name) {
        return stores.stream()
                .filter(store -> store.resource().name().equals(name))
                .map(StoreDocument::configuration)
                .findFirst();
    }

    /**
     * The store that is the archive, or a noted problem.
     *
     * @param name what {@code --store-name} says; empty for the first
     */
    public Optional<StoreDocument> choose(Optional<String> name, Problems problems) {
        if (name.isEmpty()) {
            return Optional.of(stores.get(0));
        }
        Optional<StoreDocument> chosen = stores.stream()
                .filter(store -> store.resource().name().equals(name.get()))
                .findFirst();
        if (chosen.isEmpty()) {
            problems.add("--store-name: the file has no ObjectStore \""
                    + name.get().replaceAll("\\p{Cntrl}", "?") + "\"; it has " + String.join(", ", names()));
        }
        return chosen;
    }

    /** Notes a problem when the name cannot be part of a key. */
    public static void checkServerName(String name, Problems problems) {
        if (name.isBlank()
                || name.contains("/")
                || name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(c -> c < 0x20 || c == 0x7F)) {
            problems.add("--server: \"" + name.replaceAll("\\p{Cntrl}", "?")
                    + "\" cannot be a server name; it is one part of a path, for example orders-db");
        }
    }
}
