package io.walarchiver.backup.tar;

import java.nio.file.attribute.FileTime;

/**
 * What an archive tells about one of its members, extended headers included (POSIX.1-2017, "pax", and the GNU tar
 * manual, "Basic Tar Format").
 *
 * <p>Nothing is checked against the world: names and link targets are what the archive says, and may point anywhere.
 *
 * @param name      as stored, possibly with a leading {@code ./} or a trailing slash
 * @param type      what it is
 * @param size      bytes of content; 0 for everything but files
 * @param mode      permission bits, the lowest twelve of {@code st_mode}
 * @param uid       number of the owner
 * @param gid       number of the group
 * @param userName  name of the owner; may be empty
 * @param groupName name of the group; may be empty
 * @param modified  time of the last change
 * @param linkName  where a link leads: any text for a symbolic link, the name of an earlier member for a hard link;
 *                  empty for everything else
 * @param offset    where the member begins in the uncompressed archive, extended headers included
 */
public record TarHeader(
        String name,
        Type type,
        long size,
        int mode,
        long uid,
        long gid,
        String userName,
        String groupName,
        FileTime modified,
        String linkName,
        long offset) {

    /** The kinds of members. */
    public enum Type {
        FILE,
        DIRECTORY,
        SYMBOLIC_LINK,
        HARD_LINK,
        FIFO,
        /** A character or block device. */
        DEVICE
    }
}
