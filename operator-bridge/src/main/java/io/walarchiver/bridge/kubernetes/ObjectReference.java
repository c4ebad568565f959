package io.walarchiver.bridge.kubernetes;

import java.util.regex.Pattern;

/**
 * One object.
 *
 * @param kind      what it is
 * @param namespace where it is
 * @param name      {@code metadata.name}
 */
public record ObjectReference(ResourceKind kind, String namespace, String name) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
    private static final int MAX_NAME_LENGTH = 253;

    /** Refuses what cannot be a name: it would be taken for another part of a path or of a selector. */
    public ObjectReference {
        if (!isName(namespace) || !isName(name)) {
            throw new IllegalArgumentException("not the name of an object of " + kind);
        }
    }

    /** Whether an object could have the name: a DNS subdomain in lower case, as Kubernetes demands it. */
    public static boolean isName(String text) {
        return text.length() <= MAX_NAME_LENGTH && NAME.matcher(text).matches();
    }

    @Override
    public String toString() {
        return kind + " " + namespace + "/" + name;
    }
}
