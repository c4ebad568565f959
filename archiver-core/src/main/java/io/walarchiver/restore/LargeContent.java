package io.walarchiver.restore;

import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalPageHeader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses and verifies an object too large for memory, from file to file through one small array.
 *
 * <p>Blocks; stops between two reads when the attempt is over.
 */
final class LargeContent {

    private static final int CHUNK_BYTES = 128 << 10;

    private final StoredFile stored;
    private final Order order;
    private final WorkArea area;
    private final ContentCheck check;
    private final Codec codec;

    LargeContent(StoredFile stored, Order order, WorkArea area, ContentCheck check, Codec codec) {
        this.stored = stored;
        this.order = order;
        this.area = area;
        this.check = check;
        this.codec = codec;
    }

    /** A verified file beside the destination, ready to be renamed. */
    record Verified(Path file, long length, Optional<SegmentSize> segmentSize) {}

    /**
     * Turns the object's bytes in {@code object} into a verified file; that is {@code object} itself when it is not
     * compressed.
     */
    Verified decode(Path object) {
        try {
            if (stored.compression() == Compression.NONE) {
                Verified verified = pump(object, object, null);
                if (order.destination().flush()) {
                    try (FileChannel channel = FileChannel.open(object, StandardOpenOption.WRITE)) {
                        order.destination().flush(channel);
                    }
                }
                return verified;
            }
            Path content = area.temporary(order.destination().temporaryFor(order.name()));
            try (FileChannel out = order.destination().create(content)) {
                Verified verified = pump(object, content, out);
                order.destination().flush(out);
                return verified;
            }
        } catch (CorruptObjectException damaged) {
            throw check.corrupt(String.valueOf(damaged.getMessage()), damaged);
        } catch (IOException failure) {
            throw order.destination()
                    .unusable(order.name(), check.expectedLength().orElse(0), failure);
        }
    }

    private Verified pump(Path object, Path content, @Nullable FileChannel out) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        ByteBuffer head = ByteBuffer.allocate(WalPageHeader.LENGTH);
        Optional<ContentDigester> digester = check.digestAlgorithm().map(ContentDigester::new);
        long length = 0;
        try (InputStream file = new BufferedInputStream(Files.newInputStream(object), CHUNK_BYTES);
                InputStream in = codec.decodingStream(file)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                if (area.isClosed()) {
                    throw new CancellationException("the attempt is over");
                }
                length += read;
                if (length > check.longestAccepted()) {
                    throw check.corrupt("its content has more than " + check.longestAccepted() + " bytes", null);
                }
                head.put(chunk, 0, Math.min(read, head.remaining()));
                ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, read);
                digester.ifPresent(d -> d.update(bytes.duplicate()));
                if (out != null) {
                    DestinationFile.writeFully(out, bytes);
                }
            }
        }
        Optional<ContentDigest> digest = digester.map(ContentDigester::finish);
        return new Verified(content, length, check.verify(length, head.flip(), digest));
    }
}
