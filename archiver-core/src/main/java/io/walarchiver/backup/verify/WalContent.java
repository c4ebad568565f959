package io.walarchiver.backup.verify;

import io.walarchiver.archive.WalObjectMetadata;
import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.restore.ContentCheck;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.StoredFile;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import io.walarchiver.wal.WalPageHeader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads one WAL object to its end and compares it with its name, with what was recorded when it was archived, and with the
 * cluster. Blocks; for one object.
 */
final class WalContent {

    private static final int CHUNK_BYTES = 128 << 10;

    /** More than any history file has. */
    private static final int HEAD_BYTES = 64 << 10;

    private static final String WAL_LOCATION = "START WAL LOCATION: ";

    private final StoredFile stored;
    private final SegmentSize segmentSize;
    private final ClusterIdentity cluster;

    WalContent(StoredFile stored, SegmentSize segmentSize, ClusterIdentity cluster) {
        this.stored = stored;
        this.segmentSize = segmentSize;
        this.cluster = cluster;
    }

    /**
     * What came of it.
     *
     * @param bytes   length of the content, as far as it was read
     * @param finding what is wrong, if anything is
     */
    record Result(long bytes, Optional<Finding> finding) {}

    /** The segment size that the first page of a segment tells; empty when the object does not begin with one. */
    static Optional<SegmentSize> segmentSize(Compression compression, InputStream object) throws IOException {
        try (InputStream content = Codec.of(compression).decodingStream(object)) {
            return Optional.of(WalPageHeader.parse(ByteBuffer.wrap(content.readNBytes(WalPageHeader.LENGTH)))
                    .segmentSize());
        } catch (CorruptObjectException | WalFormatException damage) {
            return Optional.empty();
        }
    }

    /** Reads and compares. Throws what the stream throws, unless it is about the bytes. */
    Result read(ObjectInfo info, InputStream object) throws IOException {
        long[] length = new long[1];
        try {
            ContentCheck check = new ContentCheck(stored, info, Optional.of(segmentSize), OptionalLong.empty());
            Optional<Finding> finding = pump(check, object, length);
            return new Result(length[0], finding.isPresent() ? finding : foreign(info));
        } catch (RestoreException.Corrupt damage) {
            return new Result(
                    length[0],
                    Optional.of(Finding.error(
                            Kind.DAMAGED_OBJECT, stored.key().value(), damage.problem(), damage.remedy())));
        }
    }

    private Optional<Finding> pump(ContentCheck check, InputStream object, long[] length) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(stored.file().isSegmentSized() ? WalPageHeader.LENGTH : HEAD_BYTES);
        byte[] chunk = new byte[CHUNK_BYTES];
        Optional<ContentDigester> digester = check.digestAlgorithm().map(ContentDigester::new);
        try (InputStream content = Codec.of(stored.compression()).decodingStream(object)) {
            for (int count = content.read(chunk); count >= 0; count = content.read(chunk)) {
                length[0] += count;
                if (length[0] > check.longestAccepted()) {
                    throw check.corrupt("its content has more than " + check.longestAccepted() + " bytes", null);
                }
                head.put(chunk, 0, Math.min(count, head.remaining()));
                ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, count);
                digester.ifPresent(d -> d.update(bytes));
            }
        } catch (CorruptObjectException damage) {
            throw check.corrupt(String.valueOf(damage.getMessage()), damage);
        }
        head.flip();
        Optional<SegmentSize> unused = check.verify(length[0], head.duplicate(), digester.map(ContentDigester::finish));
        return meaning(check, head);
    }

    /** What only this kind of file has to be. */
    private Optional<Finding> meaning(ContentCheck check, ByteBuffer head) {
        if (stored.file().isSegmentSized()) {
            return identity(WalPageHeader.parse(head).systemIdentifier(), "its first page");
        }
        byte[] text = Arrays.copyOf(head.array(), head.limit());
        if (stored.file() instanceof WalFileName.TimelineHistoryFile history) {
            try {
                TimelineHistory unused = TimelineHistory.parse(history.timeline(), text);
            } catch (WalFormatException damage) {
                throw check.corrupt(String.valueOf(damage.getMessage()), damage);
            }
        } else if (stored.file() instanceof WalFileName.BackupHistoryFile backup) {
            String content = new String(text, StandardCharsets.UTF_8);
            if (!content.startsWith(WAL_LOCATION) || !content.contains("(file " + backup.segment() + ")")) {
                throw check.corrupt("it does not begin with the start of a backup in " + backup.segment(), null);
            }
        }
        return Optional.empty();
    }

    /** What was recorded beside an object says whose it is, also for files that do not say it themselves. */
    private Optional<Finding> foreign(ObjectInfo info) {
        return WalObjectMetadata.of(info.metadata())
                .map(WalObjectMetadata::systemIdentifier)
                .filter(OptionalLong::isPresent)
                .flatMap(identifier -> identity(identifier.getAsLong(), "its metadata"));
    }

    private Optional<Finding> identity(long identifier, String claimant) {
        return cluster.objectionTo(identifier, claimant, stored.key().value())
                .map(objection -> Finding.error(
                        Kind.FOREIGN_CLUSTER,
                        stored.key().value(),
                        "the object " + stored.key() + " belongs to another cluster: " + objection,
                        "two clusters archive to the same place; give each a server name of its own"));
    }
}
