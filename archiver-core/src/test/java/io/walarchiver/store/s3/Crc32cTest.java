package io.walarchiver.store.s3;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.store.Content;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class Crc32cTest {

    private static final byte[] CHECK = "123456789".getBytes(US_ASCII);

    @Test
    void crc32cIsBigEndianBase64() {
        // The check value of CRC-32C is e3069283.
        assertThat(Crc32c.of(Content.of(ByteBuffer.wrap(CHECK)))).isEqualTo("4waSgw==");
        assertThat(Crc32c.of(Content.of(List.of()))).isEqualTo("AAAAAA==");
        ByteBuffer direct = ByteBuffer.allocateDirect(CHECK.length).put(CHECK).flip();
        List<ByteBuffer> pieces = List.of(
                direct.duplicate().limit(4), direct.duplicate().position(4).asReadOnlyBuffer());
        assertThat(Crc32c.of(Content.of(pieces))).isEqualTo("4waSgw==");
        assertThat(pieces.get(1).position()).isEqualTo(4);
    }
}
