package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Locale;

/** What the codecs share: the block form in terms of the streams, replaced where a library has something faster. */
abstract class StreamCodec implements Codec {

    private static final int SCRATCH_BYTES = 64 * 1024;

    /** Makes the decoder; may throw whatever the library throws. */
    abstract InputStream openDecoder(InputStream in) throws IOException;

    /** Makes the encoder. */
    abstract OutputStream openEncoder(OutputStream out, long sourceBytes) throws IOException;

    String algorithm() {
        return compression().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public OutputStream encodingStream(OutputStream out, long sourceBytes) throws IOException {
        return ExactLengthOutputStream.of(openEncoder(out, sourceBytes), sourceBytes);
    }

    @Override
    public InputStream decodingStream(InputStream in) throws IOException {
        return new DecodingInputStream(algorithm(), in, this::openDecoder);
    }

    @Override
    public void decode(ByteBuffer source, ByteBuffer target) throws CorruptObjectException {
        int room = target.remaining();
        try (InputStream content =
                new DecodingInputStream(algorithm(), new ByteBufferInputStream(source), this::openDecoder)) {
            readFully(content, target);
            if (content.read() >= 0) {
                throw tooLarge(room);
            }
        } catch (CorruptObjectException e) {
            throw e;
        } catch (IOException e) {
            // A buffer cannot fail, so only the closing of a decoder is left.
            throw DecodingInputStream.corrupt(algorithm(), e);
        }
    }

    static CorruptObjectException tooLarge(int room) {
        return new CorruptObjectException("the content is larger than the " + room + " bytes there is room for");
    }

    private static void readFully(InputStream content, ByteBuffer target) throws IOException {
        byte[] scratch = target.hasArray() ? target.array() : new byte[SCRATCH_BYTES];
        while (target.hasRemaining()) {
            if (target.hasArray()) {
                int count = content.read(scratch, target.arrayOffset() + target.position(), target.remaining());
                if (count < 0) {
                    return;
                }
                target.position(target.position() + count);
            } else {
                int count = content.read(scratch, 0, Math.min(scratch.length, target.remaining()));
                if (count < 0) {
                    return;
                }
                target.put(scratch, 0, count);
            }
        }
    }

    /** Checks the arguments of {@link BlockEncoder#encode}. */
    final void requireDirect(ByteBuffer source, ByteBuffer target) {
        if (!source.isDirect() || !target.isDirect()) {
            throw new IllegalArgumentException("a block is encoded from a direct buffer to a direct buffer");
        }
        int needed = maxEncodedLength(source.remaining());
        if (target.remaining() < needed) {
            throw new IllegalArgumentException("encoding " + source.remaining() + " bytes needs room for " + needed
                    + ", the target has " + target.remaining());
        }
    }

    @Override
    public BlockEncoder newBlockEncoder() {
        return new StreamBlockEncoder();
    }

    private final class StreamBlockEncoder implements BlockEncoder {

        private final byte[] scratch = new byte[SCRATCH_BYTES];

        @Override
        public void encode(ByteBuffer source, ByteBuffer target) {
            requireDirect(source, target);
            try (OutputStream out = openEncoder(new ByteBufferOutputStream(target), source.remaining())) {
                while (source.hasRemaining()) {
                    int count = Math.min(scratch.length, source.remaining());
                    source.get(scratch, 0, count);
                    out.write(scratch, 0, count);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            // Every block has an encoder of its own.
        }
    }
}
