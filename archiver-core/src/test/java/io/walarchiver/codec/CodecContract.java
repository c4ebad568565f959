package io.walarchiver.codec;

import static io.walarchiver.codec.CodecData.concat;
import static io.walarchiver.codec.CodecData.decode;
import static io.walarchiver.codec.CodecData.decodeStream;
import static io.walarchiver.codec.CodecData.direct;
import static io.walarchiver.codec.CodecData.encode;
import static io.walarchiver.codec.CodecData.rest;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.walarchiver.codec.CodecData.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every codec promises, over what it writes itself. */
interface CodecContract {

    Codec codec();

    /** False when the format has no structure at all, so that any bytes are an object. */
    default boolean hasStructure() {
        return true;
    }

    /** True when an object cut to this length cannot be told from a complete one. */
    default boolean looksComplete(byte[] object, int length) {
        return false;
    }

    /** True when a changed byte gives another valid object of the format. */
    default boolean changeIsUndetectable(byte[] changed, int offset) {
        return false;
    }

    /** False for algorithms so slow that the largest content is tried with one kind of data only. */
    default boolean isFast() {
        return true;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    default void contentOfEverySizeComesBack(Kind kind) throws IOException {
        Codec codec = codec();
        for (int size : CodecData.SIZES) {
            if (!isFast() && size > 1 << 20 && kind != Kind.WAL_LIKE) {
                continue;
            }
            byte[] content = kind.bytes(size);

            byte[] object = encode(codec, content);

            assertThat(decode(codec, object, size)).as("%s bytes", size).isEqualTo(content);
            assertThat(decode(codec, object, size + 1))
                    .as("%s bytes with room to spare", size)
                    .isEqualTo(content);
        }
    }

    @Test
    default void encoderIsUsedAgainAndAgain() throws IOException {
        Codec codec = codec();
        ByteBuffer target = ByteBuffer.allocateDirect(codec.maxEncodedLength(200_000) + 7);
        try (BlockEncoder encoder = codec.newBlockEncoder()) {
            for (int i = 0; i < 5; i++) {
                for (Kind kind : Kind.values()) {
                    byte[] content = kind.bytes(200_000 - i * 31_337);
                    ByteBuffer source = direct(concat(new byte[i], content, new byte[3]));
                    source.position(i).limit(i + content.length);
                    target.clear().position(7);

                    encoder.encode(source, target);

                    assertThat(source.hasRemaining()).isFalse();
                    byte[] object = rest(target.flip().position(7));
                    assertThat(object.length).isLessThanOrEqualTo(codec.maxEncodedLength(content.length));
                    assertThat(decode(codec, object, content.length)).isEqualTo(content);
                }
            }
        }
    }

    @Test
    default void encoderReadsReadOnlyBuffers() throws IOException {
        Codec codec = codec();
        byte[] content = Kind.WAL_LIKE.bytes(100_000);
        ByteBuffer target = ByteBuffer.allocateDirect(codec.maxEncodedLength(content.length));
        try (BlockEncoder encoder = codec.newBlockEncoder()) {
            encoder.encode(direct(content).asReadOnlyBuffer(), target);
        }

        assertThat(decode(codec, rest(target.flip()), content.length)).isEqualTo(content);
    }

    @Test
    default void encoderRefusesHeapBuffersAndSmallTargets() {
        Codec codec = codec();
        int needed = codec.maxEncodedLength(1000);
        try (BlockEncoder encoder = codec.newBlockEncoder()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> encoder.encode(ByteBuffer.allocate(1000), ByteBuffer.allocateDirect(needed)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> encoder.encode(ByteBuffer.allocateDirect(1000), ByteBuffer.allocate(needed)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            encoder.encode(ByteBuffer.allocateDirect(1000), ByteBuffer.allocateDirect(needed - 1)))
                    .withMessageContaining("1000");
        }
    }

    @Test
    default void everyMixOfBuffersDecodes() throws IOException {
        Codec codec = codec();
        byte[] content = Kind.WAL_LIKE.bytes(150_001);
        byte[] object = encode(codec, content);
        byte[] framed = concat(new byte[3], object, new byte[5]);
        List<ByteBuffer> sources = new ArrayList<>();
        for (ByteBuffer whole : List.of(ByteBuffer.wrap(framed), direct(framed))) {
            ByteBuffer slice = whole.slice(3, object.length + 2).limit(object.length);
            sources.add(slice);
            sources.add(slice.asReadOnlyBuffer());
            sources.add(whole.duplicate().position(3).limit(3 + object.length));
        }
        for (ByteBuffer source : sources) {
            for (ByteBuffer memory :
                    List.of(ByteBuffer.allocate(content.length + 9), ByteBuffer.allocateDirect(content.length + 9))) {
                ByteBuffer target = memory.slice(2, content.length + 5).position(4);

                codec.decode(source.duplicate(), target);

                assertThat(target.position()).isEqualTo(4 + content.length);
                assertThat(rest(target.flip().position(4))).isEqualTo(content);
                assertThat(rest(memory.clear().limit(6))).containsOnly(0);
            }
        }
    }

    @Test
    default void objectCutAnywhereIsAnError() {
        assumeThat(hasStructure()).isTrue();
        for (Kind kind : Kind.values()) {
            byte[] content = kind.bytes(isFast() ? 180_001 : 20_011);
            byte[] object = encode(codec(), content);
            for (int length : sampledOffsets(object.length)) {
                if (looksComplete(object, length)) {
                    continue;
                }
                byte[] cut = Arrays.copyOf(object, length);
                assertThatThrownBy(() -> decode(codec(), cut, content.length))
                        .as("%s: %d of %d bytes", kind, length, object.length)
                        .isInstanceOf(CorruptObjectException.class);
                assertThatThrownBy(() -> decodeStream(codec(), cut))
                        .as("stream of %s: %d of %d bytes", kind, length, object.length)
                        .isInstanceOf(CorruptObjectException.class);
            }
        }
    }

    @Test
    default void changedByteIsAnErrorOrChangesNothing() {
        assumeThat(hasStructure()).isTrue();
        for (Kind kind : Kind.values()) {
            byte[] content = kind.bytes(isFast() ? 180_001 : 20_011);
            byte[] object = encode(codec(), content);
            for (int offset : sampledOffsets(object.length)) {
                for (int mask : new int[] {0x01, 0x80, 0xFF, 1 << offset % 8}) {
                    byte[] changed = object.clone();
                    changed[offset] ^= (byte) mask;
                    if (changeIsUndetectable(changed, offset)) {
                        continue;
                    }
                    String what = kind + ": byte " + offset + " of " + object.length + " xor " + mask;
                    assertErrorOrSame(what, content, () -> decode(codec(), changed, content.length));
                    assertErrorOrSame("stream of " + what, content, () -> decodeStream(codec(), changed));
                }
            }
        }
    }

    /** Decodes in one form or the other. */
    interface Decoding {
        byte[] run() throws IOException;
    }

    private static void assertErrorOrSame(String what, byte[] content, Decoding decoding) {
        try {
            assertThat(Arrays.equals(decoding.run(), content)).as(what).isTrue();
        } catch (IOException | RuntimeException e) {
            assertThat(e).as(what).isInstanceOf(CorruptObjectException.class);
        }
    }

    /** The first and last bytes, where the headers are, and a few hundred in between. */
    private static Set<Integer> sampledOffsets(int length) {
        Set<Integer> offsets = new TreeSet<>();
        for (int i = 0; i < Math.min(40, length); i++) {
            offsets.add(i);
            offsets.add(length - 1 - i);
        }
        SplittableRandom random = new SplittableRandom(length);
        for (int i = 0; i < 60; i++) {
            offsets.add(random.nextInt(length));
        }
        return offsets;
    }

    @Test
    default void garbageIsAnError() {
        assumeThat(hasStructure()).isTrue();
        SplittableRandom random = new SplittableRandom(5);
        for (int size = 1; size < 400; size += 7) {
            byte[] garbage = new byte[size];
            random.nextBytes(garbage);
            assertThatThrownBy(() -> decode(codec(), garbage, 1 << 20)).isInstanceOf(CorruptObjectException.class);
            assertThatThrownBy(() -> decodeStream(codec(), garbage)).isInstanceOf(CorruptObjectException.class);
        }
    }

    @Test
    default void emptyObjectIsAnError() {
        assumeThat(hasStructure()).isTrue();
        assertThatThrownBy(() -> decode(codec(), new byte[0], 10))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("empty");
        assertThatThrownBy(() -> decodeStream(codec(), new byte[0]))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("empty");
    }

    @Test
    default void bytesBehindTheEndAreAnError() {
        assumeThat(hasStructure()).isTrue();
        byte[] content = Kind.WAL_LIKE.bytes(70_000);
        for (String garbage : new String[] {"\0", "x", "garbage", "garbage longer than every header and trailer"}) {
            byte[] object = concat(encode(codec(), content), garbage.getBytes(US_ASCII));
            assertThatThrownBy(() -> decode(codec(), object, content.length))
                    .as(garbage)
                    .isInstanceOf(CorruptObjectException.class);
            assertThatThrownBy(() -> decodeStream(codec(), object))
                    .as(garbage)
                    .isInstanceOf(CorruptObjectException.class);
        }
    }

    @Test
    default void severalMembersAreReadAsOne() throws IOException {
        byte[] one = Kind.WAL_LIKE.bytes(70_000);
        byte[] two = Kind.RANDOM.bytes(1000);
        byte[] all = concat(one, new byte[0], two);
        byte[] object = concat(encode(codec(), one), encode(codec(), new byte[0]), encode(codec(), two));

        assertThat(decode(codec(), object, all.length)).isEqualTo(all);
        assertThat(decodeStream(codec(), object)).isEqualTo(all);
    }

    @Test
    default void contentThatDoesNotFitIsAnErrorThatSaysSo() {
        for (Kind kind : Kind.values()) {
            byte[] object = encode(codec(), kind.bytes(100_000));
            for (int room : new int[] {0, 1, 99_999}) {
                assertThatThrownBy(() -> decode(codec(), object, room))
                        .isInstanceOf(CorruptObjectException.class)
                        .hasMessageContaining("room")
                        .hasMessageContaining(Integer.toString(room));
                assertThatThrownBy(() -> codec().decode(ByteBuffer.wrap(object), ByteBuffer.allocate(room)))
                        .isInstanceOf(CorruptObjectException.class)
                        .hasMessageContaining("room");
            }
        }
    }

    @Test
    default void failureOfTheSourceIsPassedOn() {
        byte[] object = encode(codec(), Kind.RANDOM.bytes(200_000));
        IOException failure = new IOException("connection reset");

        assertThatThrownBy(() -> {
                    try (InputStream in = codec().decodingStream(new FailingInputStream(object, 150_000, failure))) {
                        in.readAllBytes();
                    }
                })
                .isSameAs(failure);
    }

    /** Fails after some bytes. */
    final class FailingInputStream extends InputStream {

        private final ByteBuffer bytes;
        private final IOException failure;

        FailingInputStream(byte[] bytes, int length, IOException failure) {
            this.bytes = ByteBuffer.wrap(bytes, 0, length);
            this.failure = failure;
        }

        @Override
        public int read() throws IOException {
            if (!bytes.hasRemaining()) {
                throw failure;
            }
            return bytes.get() & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (!bytes.hasRemaining()) {
                throw failure;
            }
            int count = Math.min(length, bytes.remaining());
            bytes.get(target, offset, count);
            return count;
        }
    }
}
