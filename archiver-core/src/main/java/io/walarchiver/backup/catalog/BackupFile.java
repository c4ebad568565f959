package io.walarchiver.backup.catalog;

import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;

/**
 * An object that holds an archive of a backup, or a further volume of it: a tar, compressed as a whole.
 *
 * @param key         where it is
 * @param size        in bytes, as stored
 * @param archive     what it holds
 * @param volume      the number in its name; 0 for the main archive, which has none
 * @param compression of the tar
 */
public record BackupFile(ObjectKey key, long size, Archive archive, int volume, Compression compression) {

    /** The name of such an object: {@code data.tar.gz}, {@code 16384_0001.tar}. */
    public static String name(Archive archive, int volume, Compression compression) {
        String digits = Integer.toString(volume);
        String number = volume == 0 ? "" : "_" + "0".repeat(Math.max(0, 4 - digits.length())) + digits;
        return archive.stem() + number + ArchiveName.TAR + compression.suffix();
    }
}
