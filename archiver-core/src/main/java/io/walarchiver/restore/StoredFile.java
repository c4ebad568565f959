package io.walarchiver.restore;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.WalFileName;

/**
 * One spelling under which the archive may hold a file.
 *
 * @param file        what the object holds; a partial segment when that stands in for a complete one
 * @param compression what the suffix of the key says
 * @param key         the object
 */
public record StoredFile(WalFileName file, Compression compression, ObjectKey key) {

    /** The spelling with that compression. */
    public static StoredFile of(ArchiveLayout layout, WalFileName file, Compression compression) {
        return new StoredFile(file, compression, layout.walKey(file, compression));
    }
}
