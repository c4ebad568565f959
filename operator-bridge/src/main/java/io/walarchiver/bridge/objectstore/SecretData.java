package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/**
 * The content of one Kubernetes Secret.
 *
 * @param name    {@code metadata.name}
 * @param entries the decoded values by key; hidden when printed
 */
public record SecretData(String name, Map<String, SecretText> entries) {

    /** Copies the entries. */
    public SecretData {
        entries = Map.copyOf(entries);
    }

    /**
     * Reads a Secret as the Kubernetes API gives it. Entries that are not UTF-8 text are left out.
     *
     * @throws InvalidStoreException when it is not a Secret; without values
     */
    public static SecretData read(JsonNode object) {
        return SecretReader.readObject(object);
    }

    /** The names of the entries, without their values. */
    public Set<String> keys() {
        return entries.keySet();
    }
}
