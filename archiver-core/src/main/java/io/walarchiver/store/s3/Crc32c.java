package io.walarchiver.store.s3;

import io.walarchiver.store.Content;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32C;

/** The checksum of {@code x-amz-checksum-crc32c}: RFC 3720's CRC32C, big-endian, in base64. */
final class Crc32c {

    private Crc32c() {}

    static String of(Content content) {
        CRC32C crc = new CRC32C();
        content.buffers().forEach(crc::update);
        byte[] value =
                ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
        return Base64.getEncoder().encodeToString(value);
    }
}
