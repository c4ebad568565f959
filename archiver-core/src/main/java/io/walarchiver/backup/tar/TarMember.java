package io.walarchiver.backup.tar;

import java.util.Objects;

/** One entry of a tar archive to be written: its header and where its content comes from. */
public sealed interface TarMember {

    /** The name in the archive: relative, parts separated by slashes, none at the end. */
    String name();

    /** Owner, mode and time. */
    MemberAttributes attributes();

    /** A directory without what is in it. */
    record Directory(String name, MemberAttributes attributes) implements TarMember {
        public Directory {
            requireName(name);
        }
    }

    /**
     * A regular file.
     *
     * @param size    the length the archive will state and hold: longer content is cut, shorter content is filled up with
     *                zeros
     * @param content is read and closed by the writer
     */
    record RegularFile(String name, MemberAttributes attributes, long size, MemberContent content)
            implements TarMember {
        public RegularFile {
            requireName(name);
            Objects.requireNonNull(content);
            if (size < 0) {
                throw new IllegalArgumentException("the size of " + name + " is negative: " + size);
            }
        }
    }

    /**
     * A symbolic link.
     *
     * @param target where it points to, as it is
     */
    record SymbolicLink(String name, MemberAttributes attributes, String target) implements TarMember {
        public SymbolicLink {
            requireName(name);
            requireTarget(name, target);
        }
    }

    /**
     * Another name of a file that stands before it in the same archive.
     *
     * @param target the name of that member
     */
    record HardLink(String name, MemberAttributes attributes, String target) implements TarMember {
        public HardLink {
            requireName(name);
            requireTarget(name, target);
        }
    }

    private static void requireName(String name) {
        if (name.isEmpty() || name.startsWith("/") || name.endsWith("/") || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not the name of a tar member: \"" + name + "\"");
        }
    }

    private static void requireTarget(String name, String target) {
        if (target.isEmpty() || target.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the link " + name + " points nowhere: \"" + target + "\"");
        }
    }
}
