package io.walarchiver.archive;

import io.walarchiver.codec.Codec;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.DigestAlgorithm;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Compresses a file piece by piece into buffers of the caller, each of them filled to its limit but the last. Blocks on
 * the file system and burns CPU; for one consumer.
 */
final class PartSource {

    private static final int CHUNK_BYTES = 1 << 18;

    private final SourceFile file;
    private final FileChannel channel;
    private final OutputStream encoder;
    private final ContentDigester digester;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    private final Overflow overflow = new Overflow();
    private @Nullable ContentDigest digest;
    private long unread;
    private long written;

    PartSource(SourceFile file, FileIdentity identity, Codec codec, DigestAlgorithm algorithm) throws IOException {
        this.file = file;
        this.unread = identity.length();
        this.digester = new ContentDigester(algorithm);
        this.channel = FileChannel.open(file.path(), StandardOpenOption.READ);
        try {
            this.encoder = codec.encodingStream(overflow, identity.length());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** True when the last byte has been handed out. */
    boolean isDone() {
        return digest != null && overflow.isEmpty();
    }

    /** Digest of what was read; known when done. */
    ContentDigest digest() {
        ContentDigest known = digest;
        if (known == null) {
            throw new IllegalStateException("not read to the end yet");
        }
        return known;
    }

    /** Compressed bytes handed out so far. */
    long written() {
        return written;
    }

    /** Fills {@code target} from its start and flips it. */
    synchronized void fill(ByteBuffer target) {
        target.clear();
        try {
            overflow.drainTo(target);
            while (target.hasRemaining() && digest == null) {
                int count = channel.read(chunk.clear());
                if (count > 0) {
                    chunk.flip();
                    digester.update(chunk.duplicate());
                    encoder.write(chunk.array(), 0, chunk.limit());
                    unread -= count;
                }
                // Not left to the next call: after a part that is exactly full it would have nothing to hand out.
                if (count < 0 || unread <= 0) {
                    encoder.close();
                    digest = digester.finish();
                }
                overflow.drainTo(target);
            }
        } catch (IOException e) {
            throw new ArchiveException.SourceUnusable("cannot archive " + file.path() + ": " + e, e);
        }
        target.flip();
        written += target.limit();
    }

    /** Frees the file and the encoder, once nobody is using them: after a cancellation a fill may still be under way. */
    Mono<Void> closeLater(Scheduler compute) {
        return Mono.<Void>fromCallable(() -> {
                    close();
                    return null;
                })
                .subscribeOn(compute)
                .onErrorComplete();
    }

    private synchronized void close() throws IOException {
        // An encoder that was given too little fails to close, but is closed.
        try (channel) {
            if (digest == null) {
                encoder.close();
            }
        }
    }

    /** What the encoder wrote and no buffer has taken yet: at most what one chunk expands to. */
    private static final class Overflow extends OutputStream {
        private byte[] bytes = new byte[CHUNK_BYTES];
        private int from;
        private int to;

        boolean isEmpty() {
            return from == to;
        }

        void drainTo(ByteBuffer target) {
            int count = Math.min(target.remaining(), to - from);
            target.put(bytes, from, count);
            from += count;
            if (from == to) {
                from = 0;
                to = 0;
            }
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            if (bytes.length - to < length) {
                byte[] larger = new byte[Math.max(bytes.length * 2, to - from + length)];
                System.arraycopy(bytes, from, larger, 0, to - from);
                to -= from;
                from = 0;
                bytes = larger;
            }
            System.arraycopy(source, offset, bytes, to, length);
            to += length;
        }
    }
}
