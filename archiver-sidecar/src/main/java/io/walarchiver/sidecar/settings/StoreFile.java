package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The file given with {@code --store}: an ObjectStore and its Secrets. */
public final class StoreFile {

    private StoreFile() {}

    /** What the file describes, or noted problems. */
    public static Optional<StoreConfiguration> read(Path file, Problems problems) {
        if (!Files.isRegularFile(file)) {
            problems.add("--store: " + file + " is not a file; name a YAML file with an ObjectStore and its Secrets");
            return Optional.empty();
        }
        try {
            return Optional.of(StoreDocument.read(file).configuration());
        } catch (InvalidStoreException e) {
            e.problems().forEach(problem -> problems.add("--store " + file + ": " + problem));
        } catch (IOException e) {
            problems.add("--store: " + file + " cannot be read (" + e.getClass().getSimpleName()
                    + "); check its permissions and that it is UTF-8 text");
        }
        return Optional.empty();
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
