package io.walarchiver.bridge.objectstore;

import io.walarchiver.bridge.objectstore.ObjectStoreSpec.SecretKey;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/** Fetches the values a spec refers to. Messages name Secrets and keys, never values. */
final class SecretResolver {

    private final Function<String, Optional<SecretData>> secrets;
    private final String where;
    private final Problems problems;

    /** The {@code where} completes the sentence "no Secret …", as in {@code in the file}. */
    SecretResolver(Function<String, Optional<SecretData>> secrets, String where, Problems problems) {
        this.secrets = secrets;
        this.where = where;
        this.problems = problems;
    }

    Optional<SecretText> resolve(Optional<SecretKey> reference, String path) {
        return reference.flatMap(key -> resolve(key, path));
    }

    private Optional<SecretText> resolve(SecretKey reference, String path) {
        if (reference.name().isEmpty() || reference.key().isEmpty()) {
            return Optional.empty();
        }
        Optional<SecretData> secret = secrets.apply(reference.name());
        if (secret.isEmpty()) {
            problems.add(path, "no Secret \"" + reference.name() + "\" " + where);
            return Optional.empty();
        }
        SecretText value = secret.orElseThrow().entries().get(reference.key());
        if (value == null) {
            String keys = String.join(", ", new TreeSet<>(secret.orElseThrow().keys()));
            problems.add(
                    path,
                    "the Secret \"" + reference.name() + "\" has no text under the key \"" + reference.key() + "\""
                            + (keys.isEmpty() ? "; it is empty" : "; it has " + keys));
            return Optional.empty();
        }
        String stripped = value.reveal().stripTrailing();
        if (stripped.isEmpty()) {
            problems.add(
                    path, "the key \"" + reference.key() + "\" of the Secret \"" + reference.name() + "\" is blank");
            return Optional.empty();
        }
        if (stripped.length() < value.reveal().length()) {
            problems.warn(
                    path,
                    "the key \"" + reference.key() + "\" of the Secret \"" + reference.name()
                            + "\" ends in a line break or blank, which is left out");
        }
        return Optional.of(new SecretText(stripped));
    }
}
