package io.walarchiver.archive;

import io.walarchiver.codec.BlockEncoder;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.DigestAlgorithm;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Encoders and digesters, reused from file to file. As many exist as files were ever compressed at the same moment: one
 * for each thread of the compute scheduler at most.
 */
final class EncoderPool {

    private record Pair(BlockEncoder encoder, ContentDigester digester) {}

    private final Codec codec;
    private final DigestAlgorithm algorithm;
    private final Queue<Pair> idle = new ConcurrentLinkedQueue<>();

    EncoderPool(Codec codec, DigestAlgorithm algorithm) {
        this.codec = codec;
        this.algorithm = algorithm;
    }

    /**
     * Digests {@code source} and compresses it into {@code target}, which is flipped afterwards. CPU-bound.
     *
     * @param target null when nothing is to be compressed; {@code source} is left unchanged then
     */
    ContentDigest encode(ByteBuffer source, @Nullable ByteBuffer target) {
        Pair pair = idle.poll();
        if (pair == null) {
            pair = new Pair(codec.newBlockEncoder(), new ContentDigester(algorithm));
        }
        // Not returned after a failure: its native state is unknown then.
        pair.digester().update(source.duplicate());
        ContentDigest digest = pair.digester().finish();
        if (target != null) {
            target.clear();
            pair.encoder().encode(source.duplicate(), target);
            target.flip();
        }
        idle.add(pair);
        return digest;
    }

    void close() {
        for (Pair pair = idle.poll(); pair != null; pair = idle.poll()) {
            pair.encoder().close();
        }
    }
}
