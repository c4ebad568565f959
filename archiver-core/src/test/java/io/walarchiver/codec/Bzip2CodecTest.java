package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class Bzip2CodecTest implements CodecContract {

    @Override
    public Codec codec() {
        return Codec.of(Compression.BZIP2);
    }

    @Override
    public boolean isFast() {
        return false;
    }

    @Test
    void headerTellsTheBlockSize() {
        byte[] object = CodecData.encode(codec(), new byte[10]);

        assertThat(new String(object, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("BZh5");
    }
}
