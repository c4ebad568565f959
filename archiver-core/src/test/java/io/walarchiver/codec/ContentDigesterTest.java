package io.walarchiver.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.codec.CodecData.Kind;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ContentDigesterTest {

    private static final byte[] CHECK = "123456789".getBytes(US_ASCII);

    @ParameterizedTest
    @CsvSource({
        "CRC64NVME, crc64nvme:ae8b14860a799888, crc64nvme:0000000000000000",
        "SHA256, sha256:15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225,"
                + " sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    })
    void knownAnswers(DigestAlgorithm algorithm, String check, String empty) {
        ContentDigester digester = new ContentDigester(algorithm);
        assertThat(digester.finish()).hasToString(empty);

        digester.update(ByteBuffer.wrap(CHECK));
        assertThat(digester.finish()).hasToString(check);

        digester.update(ByteBuffer.wrap(CHECK));
        digester.reset();
        assertThat(digester.finish()).hasToString(empty);
    }

    @ParameterizedTest
    @EnumSource(DigestAlgorithm.class)
    void piecesAndKindsOfBuffersDoNotMatter(DigestAlgorithm algorithm) {
        ContentDigester digester = new ContentDigester(algorithm);
        for (int size : CodecData.SIZES) {
            byte[] content = Kind.RANDOM.bytes(size);
            digester.update(ByteBuffer.wrap(content));
            ContentDigest whole = digester.finish();
            ByteBuffer direct = CodecData.direct(content).asReadOnlyBuffer();
            for (int piece = 1; direct.hasRemaining(); piece = piece * 5 + 2) {
                int end = Math.min(size, direct.position() + piece);
                ByteBuffer next = direct.duplicate().limit(end);
                digester.update(next);
                assertThat(next.hasRemaining()).isFalse();
                direct.position(end);
            }

            assertThat(digester.finish()).as("%s bytes", size).isEqualTo(whole);
        }
    }
}
