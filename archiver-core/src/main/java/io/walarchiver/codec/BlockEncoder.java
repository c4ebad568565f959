package io.walarchiver.codec;

import java.nio.ByteBuffer;

/**
 * Compresses whole blocks, reusing its native state from block to block. For one thread at a time.
 */
public interface BlockEncoder extends AutoCloseable {

    /**
     * Compresses from the position of {@code source} to its limit as one complete frame, in one call, and writes it from
     * the position of {@code target}. On return {@code source} has no remaining bytes and the position of
     * {@code target} is behind the last byte written. CPU-bound: call on a scheduler for CPU work.
     *
     * @param source a direct buffer
     * @param target a direct buffer with at least {@link Codec#maxEncodedLength} bytes remaining
     */
    void encode(ByteBuffer source, ByteBuffer target);

    /** Frees the native state. */
    @Override
    void close();
}
