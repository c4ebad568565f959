package io.walarchiver.backup.verify;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.WalSegmentName;
import java.time.Instant;

/**
 * A complete segment in the archive.
 *
 * @param name         of the segment
 * @param key          the object; of several spellings the one stored last
 * @param lastModified when the store accepted it, by the store's clock
 */
public record StoredSegment(WalSegmentName name, ObjectKey key, Instant lastModified) {}
