package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the Secret documents of a store file. A problem names the Secret and the key, never the value. */
final class SecretReader {

    /**
     * A Secret and the namespace it was written for.
     *
     * @param namespace empty fits every namespace
     */
    record Entry(SecretData secret, Optional<String> namespace) {

        boolean isVisibleIn(Optional<String> other) {
            return namespace.isEmpty() || other.isEmpty() || namespace.equals(other);
        }
    }

    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/=\\s]*");

    private SecretReader() {}

    static void read(JsonNode document, Map<String, Entry> secrets, Problems problems) {
        FieldReader fields = new FieldReader(document, "", problems);
        FieldReader metadata = fields.objectOrEmpty("metadata");
        String name = metadata.requiredText("name");
        if (!fields.text("apiVersion").filter("v1"::equals).isPresent()) {
            problems.add("apiVersion", "must be v1 for a Secret");
        }
        Map<String, SecretText> values = values(fields, name, problems);
        // As on Kubernetes, stringData wins.
        fields.textMap("stringData").forEach((key, value) -> values.put(key, new SecretText(value)));
        fields.allow("kind", "type", "immutable");
        fields.rejectUnknownFields();
        Entry entry = new Entry(new SecretData(name, values), metadata.text("namespace"));
        if (secrets.putIfAbsent(name, entry) != null) {
            problems.add("metadata.name", "a second Secret \"" + name + "\": keep one of the two");
        }
    }

    /** An object of the Kubernetes API, which has more fields, of which none matters here. */
    static SecretData readObject(JsonNode object) {
        Problems problems = new Problems();
        FieldReader fields = new FieldReader(object, "", problems);
        String name = fields.objectOrEmpty("metadata").requiredText("name");
        SecretData secret = new SecretData(name, values(fields, name, problems));
        problems.throwIfAny("Secret " + name);
        return secret;
    }

    private static Map<String, SecretText> values(FieldReader fields, String name, Problems problems) {
        Map<String, SecretText> values = new HashMap<>();
        fields.textMap("data").forEach((key, value) -> {
            try {
                // Line breaks within are what a YAML block scalar leaves behind.
                decode(Base64.getMimeDecoder().decode(onlyBase64(value))).ifPresent(text -> values.put(key, text));
            } catch (IllegalArgumentException e) {
                problems.add(
                        "data." + key,
                        "Secret \"" + name + "\": is not base64; write plain text under stringData instead");
            }
        });
        return values;
    }

    /** Binary entries are none of our business: a Secret may hold more than a store asks for. */
    private static Optional<SecretText> decode(byte[] bytes) {
        try {
            return Optional.of(new SecretText(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString()));
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** The MIME decoder passes over foreign characters instead of refusing them. */
    private static String onlyBase64(String text) {
        if (!BASE64.matcher(text).matches()) {
            throw new IllegalArgumentException("not base64");
        }
        return text;
    }
}
