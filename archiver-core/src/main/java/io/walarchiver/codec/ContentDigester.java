package io.walarchiver.codec;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.crt.checksums.CRC64NVME;

/**
 * Computes content digests, one after the other. For one thread at a time; keep one per worker.
 *
 * <p>The CRC-64/NVME of the AWS Common Runtime uses the carry-less multiplication of the CPU, but takes arrays only, so
 * direct buffers pass through a small one.
 */
public final class ContentDigester {

    private static final int SLICE_BYTES = 64 * 1024;

    private final DigestAlgorithm algorithm;
    private final byte[] slice;
    private final CRC64NVME crc = new CRC64NVME();
    private final @Nullable MessageDigest messageDigest;

    /** A digester for one algorithm, ready for the first byte. */
    public ContentDigester(DigestAlgorithm algorithm) {
        this.algorithm = algorithm;
        this.messageDigest = algorithm == DigestAlgorithm.SHA256 ? sha256() : null;
        this.slice = algorithm == DigestAlgorithm.CRC64NVME ? new byte[SLICE_BYTES] : new byte[0];
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Adds the remaining bytes of a direct or heap buffer, whose position moves to its limit. */
    public void update(ByteBuffer bytes) {
        if (messageDigest != null) {
            messageDigest.update(bytes);
            return;
        }
        while (bytes.hasRemaining()) {
            int count = Math.min(slice.length, bytes.remaining());
            bytes.get(slice, 0, count);
            crc.update(slice, 0, count);
        }
    }

    /** The digest of all bytes since the last call; then starts anew. */
    public ContentDigest finish() {
        if (messageDigest != null) {
            return new ContentDigest(algorithm, HexFormat.of().formatHex(messageDigest.digest()));
        }
        ContentDigest digest = new ContentDigest(algorithm, HexFormat.of().toHexDigits(crc.getValue()));
        crc.reset();
        return digest;
    }

    /** Forgets the bytes added since the last {@link #finish()}, as after an error in the middle. */
    public void reset() {
        if (messageDigest != null) {
            messageDigest.reset();
        }
        crc.reset();
    }
}
