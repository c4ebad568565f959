package io.walarchiver.restore;

import io.walarchiver.archive.WalObjectMetadata;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import io.walarchiver.wal.WalPageHeader;
import io.walarchiver.wal.WalSegmentName;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the content of an object is the file its key names.
 *
 * <p>A segment, complete or partial, has exactly the segment size and begins with the page header of its own position,
 * not of a later timeline, and of this cluster when that is known. When we wrote the object, its recorded length and
 * digest must agree, whatever the kind of file. An empty file is never right.
 */
public final class ContentCheck {

    /** Longer than any file PostgreSQL archives: where decompression stops when nothing better is known. */
    private static final long LONGEST = 1L << 30;

    private final StoredFile stored;
    private final Optional<WalObjectMetadata> recorded;
    private final Optional<SegmentSize> segmentSize;
    private final OptionalLong systemIdentifier;

    /**
     * @param segmentSize      the cluster's, when known
     * @param systemIdentifier the cluster's, when known
     * @throws RestoreException.Corrupt when what is recorded beside the object already rules it out
     */
    public ContentCheck(
            StoredFile stored, ObjectInfo info, Optional<SegmentSize> segmentSize, OptionalLong systemIdentifier) {
        this.stored = stored;
        this.segmentSize = segmentSize;
        this.systemIdentifier = systemIdentifier;
        this.recorded = recordedBeside(info);
        if (recorded.isPresent()) {
            checkRecorded(recorded.get());
        }
    }

    private Optional<WalObjectMetadata> recordedBeside(ObjectInfo info) {
        try {
            return WalObjectMetadata.of(info.metadata());
        } catch (IllegalArgumentException nonsense) {
            throw corrupt("the length or digest recorded in its metadata is unreadable", nonsense);
        }
    }

    private void checkRecorded(WalObjectMetadata metadata) {
        if (stored.file().isSegmentSized() && segmentSize.isPresent()) {
            requireSegmentLength(metadata.length(), segmentSize.get());
        }
        OptionalLong id = metadata.systemIdentifier();
        if (id.isPresent() && systemIdentifier.isPresent() && id.getAsLong() != systemIdentifier.getAsLong()) {
            throw foreign(
                    "it was archived by the cluster with system identifier "
                            + Long.toUnsignedString(id.getAsLong()) + ", not by "
                            + Long.toUnsignedString(systemIdentifier.getAsLong()),
                    null);
        }
    }

    /** The exact length of the content when it is known before the content is. */
    public OptionalLong expectedLength() {
        if (recorded.isPresent()) {
            return OptionalLong.of(recorded.get().length());
        }
        return stored.file().isSegmentSized() && segmentSize.isPresent()
                ? OptionalLong.of(segmentSize.get().bytes())
                : OptionalLong.empty();
    }

    /** More content than this is wrong whatever it is; decompression stops there. */
    public long longestAccepted() {
        return expectedLength().orElse(LONGEST);
    }

    /** How the digest has to be computed; empty when none is recorded. */
    public Optional<DigestAlgorithm> digestAlgorithm() {
        return recorded.map(metadata -> metadata.digest().algorithm());
    }

    /**
     * Checks the whole content.
     *
     * @param length its length
     * @param head   its first bytes, at least {@link WalPageHeader#LENGTH} when it has that many
     * @param digest by {@link #digestAlgorithm()} when one is recorded
     * @return the segment size the content proves; empty for files that have none
     * @throws RestoreException.Corrupt when it is not the file
     */
    public Optional<SegmentSize> verify(long length, ByteBuffer head, Optional<ContentDigest> digest) {
        if (length == 0) {
            throw corrupt("its content is empty", null);
        }
        OptionalLong expected = expectedLength();
        if (expected.isPresent() && expected.getAsLong() != length) {
            throw wrongLength(length, expected.getAsLong());
        }
        if (recorded.isPresent() && !digest.equals(recorded.map(WalObjectMetadata::digest))) {
            throw corrupt(
                    "its content has digest "
                            + digest.map(ContentDigest::toString).orElse("none") + ", but "
                            + recorded.get().digest() + " was recorded when it was archived",
                    null);
        }
        if (stored.file() instanceof WalFileName.Segment s) {
            return Optional.of(verifySegment(s.segment(), length, head));
        }
        if (stored.file() instanceof WalFileName.PartialSegment p) {
            return Optional.of(verifySegment(p.segment(), length, head));
        }
        return Optional.empty();
    }

    private SegmentSize verifySegment(WalSegmentName name, long length, ByteBuffer head) {
        try {
            WalPageHeader header = WalPageHeader.parse(head);
            SegmentSize size = segmentSize.orElse(header.segmentSize());
            requireSegmentLength(length, size);
            header.requireFirstPageOf(name, size);
            if (systemIdentifier.isPresent() && header.systemIdentifier() != systemIdentifier.getAsLong()) {
                throw foreign(
                        "it belongs to the cluster with system identifier "
                                + Long.toUnsignedString(header.systemIdentifier()) + ", not to "
                                + Long.toUnsignedString(systemIdentifier.getAsLong()),
                        null);
            }
            return size;
        } catch (WalFormatException | IllegalArgumentException wrong) {
            throw corrupt(String.valueOf(wrong.getMessage()), wrong);
        }
    }

    private void requireSegmentLength(long length, SegmentSize size) {
        if (length != size.bytes()) {
            throw wrongLength(length, size.bytes());
        }
    }

    private RestoreException.Corrupt wrongLength(long length, long expected) {
        return corrupt("its content has " + length + " bytes instead of " + expected, null);
    }

    /** The error for an object that is damaged in the given way. */
    public RestoreException.Corrupt corrupt(String how, @Nullable Throwable cause) {
        return new RestoreException.Corrupt(
                "the object " + stored.key() + " does not hold a sound " + stored.file() + ": " + how,
                "replace it from a copy of the archive, recovery cannot go past it without",
                cause);
    }

    private RestoreException.Corrupt foreign(String how, @Nullable Throwable cause) {
        return new RestoreException.Corrupt(
                "the object " + stored.key() + " is not a " + stored.file() + " of this cluster: " + how,
                "check the destination path and server name of the archive",
                cause);
    }
}
