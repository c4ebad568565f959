package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.CodecData.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The stream forms do what the block forms do. */
class CodecStreamTest {

    private static final int[] SIZES = {0, 1, 65_535, 65_536, 65_537, 131_072, 299_993, 5 << 20};

    @ParameterizedTest
    @EnumSource(Compression.class)
    void streamsAndBlocksReadEachOther(Compression compression) throws IOException {
        Codec codec = Codec.of(compression);
        for (int size : SIZES) {
            for (Kind kind : Kind.values()) {
                boolean slow = compression == Compression.BZIP2 || compression == Compression.XZ;
                if (size > 1 << 20 && (slow || kind != Kind.WAL_LIKE)) {
                    continue;
                }
                byte[] content = kind.bytes(size);
                for (boolean announce : new boolean[] {true, false}) {
                    byte[] object = CodecData.encodeStream(codec, content, announce);
                    assertThat(CodecData.decode(codec, object, size)).isEqualTo(content);
                    assertThat(CodecData.decodeStream(codec, object)).isEqualTo(content);
                }
                assertThat(CodecData.decodeStream(codec, CodecData.encode(codec, content)))
                        .isEqualTo(content);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void contentCanBeReadByteByByte(Compression compression) throws IOException {
        Codec codec = Codec.of(compression);
        byte[] content = Kind.WAL_LIKE.bytes(70_001);
        try (InputStream in = codec.decodingStream(new ByteArrayInputStream(CodecData.encode(codec, content)))) {
            for (byte expected : content) {
                assertThat(in.read() == (expected & 0xFF)).isTrue();
            }
            assertThat(in.read()).isEqualTo(-1);
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void writingOtherThanAnnouncedFails(Compression compression) {
        Codec codec = Codec.of(compression);
        for (int written : new int[] {0, 99, 101}) {
            CloseRecorder object = new CloseRecorder();
            assertThatThrownBy(() -> {
                        try (OutputStream out = codec.encodingStream(object, 100)) {
                            out.write(new byte[written]);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("announced 100 bytes");
            assertThat(object.closed).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void closingClosesTheOtherStreamEvenUnread(Compression compression) throws IOException {
        CloseRecorder object = new CloseRecorder();
        OutputStream out = Codec.of(compression).encodingStream(object, -1);
        out.close();
        out.close();
        boolean[] closed = new boolean[1];
        Codec.of(compression)
                .decodingStream(new ByteArrayInputStream(object.toByteArray()) {
                    @Override
                    public void close() {
                        closed[0] = true;
                    }
                })
                .close();

        assertThat(object.closed).isTrue();
        assertThat(closed).containsExactly(true);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void failureIsFinal(Compression compression) throws IOException {
        byte[] object = CodecData.encode(Codec.of(compression), Kind.WAL_LIKE.bytes(300_000));
        object[object.length / 2] ^= 1;
        try (InputStream in = Codec.of(compression).decodingStream(new ByteArrayInputStream(object))) {
            assertThatThrownBy(in::readAllBytes).isInstanceOf(CorruptObjectException.class);
            assertThatThrownBy(in::read).isInstanceOf(CorruptObjectException.class);
        }
    }

    private static final class CloseRecorder extends ByteArrayOutputStream {
        private boolean closed;

        @Override
        public void close() {
            closed = true;
        }
    }
}
