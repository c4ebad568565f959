package io.walarchiver.codec;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32C;

/** CRC-32C (RFC 3720, appendix B.4) in the form of the S3 header {@code x-amz-checksum-crc32c}. */
public final class Crc32c {

    private Crc32c() {}

    /** The checksum of the remaining bytes of all buffers: big-endian, Base64. Positions are not changed. */
    public static String base64(Iterable<ByteBuffer> buffers) {
        CRC32C crc = new CRC32C();
        for (ByteBuffer buffer : buffers) {
            crc.update(buffer.duplicate());
        }
        byte[] value =
                ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
        return Base64.getEncoder().encodeToString(value);
    }
}
