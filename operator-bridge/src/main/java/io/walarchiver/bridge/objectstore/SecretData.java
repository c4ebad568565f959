package io.walarchiver.bridge.objectstore;

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

    /** The names of the entries, without their values. */
    public Set<String> keys() {
        return entries.keySet();
    }
}
