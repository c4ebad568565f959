package io.walarchiver.backup.recovery;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a member goes, relative to the root of its archive.
 *
 * @param parts the names of the directories and of the member itself; none for the root
 */
record MemberPath(List<String> parts) {

    /** A member that would leave its root. */
    static final class Unsafe extends Exception {
        private static final long serialVersionUID = 1L;

        Unsafe(String message) {
            super(message);
        }
    }

    MemberPath {
        parts = List.copyOf(parts);
    }

    /** The place a name in an archive means: leading {@code ./}, doubled and trailing slashes make no difference. */
    static MemberPath of(String name) throws Unsafe {
        if (name.startsWith("/")) {
            throw new Unsafe("its name is absolute");
        }
        List<String> parts = new ArrayList<>();
        for (String part : name.split("/", -1)) {
            if (part.equals("..")) {
                throw new Unsafe("its name leads out of the archive");
            }
            if (part.indexOf('\0') >= 0) {
                throw new Unsafe("its name holds a zero byte");
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return new MemberPath(parts);
    }

    boolean isRoot() {
        return parts.isEmpty();
    }

    int depth() {
        return parts.size();
    }

    /** The first name; empty for the root. */
    String first() {
        return parts.isEmpty() ? "" : parts.get(0);
    }

    /** Names with slashes between them. */
    @Override
    public String toString() {
        return String.join("/", parts);
    }
}
