package io.walarchiver.backup.base;

import io.walarchiver.backup.tar.MemberAttributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What {@code lstat(2)} says about a file.
 *
 * @param type     the bits of the mode that tell the type
 * @param mode     permission bits
 * @param uid      number of the owner
 * @param gid      number of the group
 * @param size     in bytes
 * @param modified time of the last change of the content
 * @param device   together with {@code inode} identifies the file
 * @param inode    see {@code device}
 * @param links    how many names it has
 */
record FileStatus(
        int type, int mode, long uid, long gid, long size, FileTime modified, long device, long inode, int links) {

    private static final String ATTRIBUTES = "unix:mode,uid,gid,size,lastModifiedTime,dev,ino,nlink";
    private static final int TYPE_BITS = 0170000;
    private static final int PERMISSION_BITS = 07777;
    private static final long UNSIGNED_INT = 0xFFFF_FFFFL;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int SYMBOLIC_LINK = 0120000;

    /** Of the file itself, also when it is a symbolic link. Blocks. */
    static FileStatus of(Path path) throws IOException {
        return of(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Of what a symbolic link points to. Blocks. */
    static FileStatus ofTarget(Path path) throws IOException {
        return of(path, new LinkOption[0]);
    }

    private static FileStatus of(Path path, LinkOption... options) throws IOException {
        Map<String, Object> values = Files.readAttributes(path, ATTRIBUTES, options);
        int mode = (int) number(values, "mode");
        return new FileStatus(
                mode & TYPE_BITS,
                mode & PERMISSION_BITS,
                // The JDK has them as signed numbers.
                number(values, "uid") & UNSIGNED_INT,
                number(values, "gid") & UNSIGNED_INT,
                number(values, "size"),
                (FileTime) Objects.requireNonNull(values.get("lastModifiedTime")),
                number(values, "dev"),
                number(values, "ino"),
                (int) number(values, "nlink"));
    }

    private static long number(Map<String, Object> values, String name) {
        return ((Number) Objects.requireNonNull(values.get(name), name)).longValue();
    }

    boolean isDirectory() {
        return type == DIRECTORY;
    }

    boolean isRegular() {
        return type == REGULAR;
    }

    boolean isSymbolicLink() {
        return type == SYMBOLIC_LINK;
    }

    /** Identifies a file as long as it exists. */
    record Key(long device, long inode) {}

    Key key() {
        return new Key(device, inode);
    }

    /** Names of users and groups, looked up once each. For one thread at a time. */
    static final class Owners {

        private final Map<Long, String> users = new HashMap<>();
        private final Map<Long, String> groups = new HashMap<>();

        /** What a tar member says of a file. Blocks when an owner is met for the first time. */
        MemberAttributes attributes(Path path, FileStatus status) {
            return new MemberAttributes(
                    status.mode(),
                    status.uid(),
                    status.gid(),
                    name(users, path, "unix:owner", status.uid()),
                    name(groups, path, "unix:group", status.gid()),
                    status.modified());
        }

        private static String name(Map<Long, String> known, Path path, String attribute, long number) {
            String name = known.get(number);
            if (name == null) {
                try {
                    name = String.valueOf(Files.getAttribute(path, attribute, LinkOption.NOFOLLOW_LINKS));
                } catch (IOException vanished) {
                    return "";
                }
                if (name.equals(Long.toString(number))) {
                    // What the JDK says when there is no name.
                    name = "";
                }
                known.put(number, name);
            }
            return name;
        }
    }
}
