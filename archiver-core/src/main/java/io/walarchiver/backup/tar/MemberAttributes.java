package io.walarchiver.backup.tar;

import java.nio.file.attribute.FileTime;

/**
 * What a tar member says about a file besides its name and content.
 *
 * @param mode     permission bits, for example {@code 0600}
 * @param uid      number of the owner
 * @param gid      number of the group
 * @param user     name of the owner; empty when the number has none
 * @param group    name of the group; empty when the number has none
 * @param modified time of the last change of the content; what is finer than 100 ns is lost
 */
public record MemberAttributes(int mode, long uid, long gid, String user, String group, FileTime modified) {

    private static final int PERMISSION_BITS = 07777;

    public MemberAttributes {
        if ((mode & ~PERMISSION_BITS) != 0) {
            throw new IllegalArgumentException("more than permission bits: " + Integer.toOctalString(mode));
        }
        if (uid < 0 || gid < 0) {
            throw new IllegalArgumentException("numbers of users and groups are not negative: " + uid + ", " + gid);
        }
    }
}
