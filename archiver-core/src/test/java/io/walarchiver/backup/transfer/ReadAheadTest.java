package io.walarchiver.backup.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.CorruptObjectException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Timeout(60)
final class ReadAheadTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int CHUNK = 256 << 10;

    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final BufferPool pool = new BufferPool(64 << 10, 2);
    private final Passage passage = new Passage();

    @AfterEach
    void nothingIsLeft() {
        passage.close().block(PATIENCE);
        assertThat(pool.inUse()).isZero();
        threads.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 9 * CHUNK + 7})
    void whatIsReadIsWhatWasStored(int length) throws IOException {
        byte[] content = content(length);
        passage.enter();
        InputStream ahead = ReadAhead.of(Codec.of(Compression.ZSTD), passage, threads);
        download(compressed(Compression.ZSTD, content));

        byte[] read = ahead.readAllBytes();
        int afterTheEnd = ahead.read();
        passage.leave();

        assertThat(read).isEqualTo(content);
        assertThat(afterTheEnd).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyCompressionIsReadAhead(Compression compression) throws IOException {
        byte[] content = content(3 * CHUNK + 11);
        passage.enter();
        InputStream ahead = ReadAhead.of(Codec.of(compression), passage, threads);
        download(compressed(compression, content));

        byte[] read = ahead.readAllBytes();
        passage.leave();

        assertThat(read).isEqualTo(content);
    }

    @Test
    void aDamagedObjectFailsBehindWhatCameBeforeTheDamage() throws IOException {
        byte[] content = content(6 * CHUNK);
        byte[] stored = compressed(Compression.ZSTD, content);
        passage.enter();
        InputStream ahead = ReadAhead.of(Codec.of(Compression.ZSTD), passage, threads);
        download(Arrays.copyOf(stored, stored.length / 2));

        ByteArrayOutputStream before = new ByteArrayOutputStream();
        assertThatThrownBy(() -> ahead.transferTo(before)).isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(ahead::read).isInstanceOf(CorruptObjectException.class);
        passage.leave();

        assertThat(before.size()).isGreaterThan(CHUNK);
        assertThat(before.toByteArray()).isEqualTo(Arrays.copyOf(content, before.size()));
    }

    @Test
    void aReaderThatGivesUpDoesNotWaitForTheDownload() throws IOException {
        passage.enter();
        InputStream ahead = ReadAhead.of(Codec.of(Compression.NONE), passage, threads);
        ahead.close();
        passage.leave();

        // The second thread still waits for the first buffer; it is inside, and the end of the passage wakes it up.
        Mono<Void> closed = passage.close();

        closed.block(PATIENCE);
        assertThatThrownBy(passage::enter).isInstanceOf(Passage.Over.class);
    }

    @Test
    void aSecondThreadWithNowhereToPutThingsEndsWhenTheReaderGivesUp() throws IOException {
        passage.enter();
        InputStream ahead = ReadAhead.of(Codec.of(Compression.NONE), passage, threads);
        download(content(20 * CHUNK));
        int first = ahead.read();
        ahead.close();
        passage.leave();

        assertThat(first).isNotNegative();
        passage.close().block(PATIENCE);
    }

    @Test
    void aDownloadThatIsGivenUpEndsTheReader() throws IOException {
        passage.enter();
        InputStream ahead = ReadAhead.of(Codec.of(Compression.NONE), passage, threads);
        Mono<Void> closing = passage.close();
        closing.subscribe();

        assertThatThrownBy(ahead::read).isInstanceOf(Passage.Over.class);
        passage.leave();
    }

    @Test
    void withoutASecondThreadNobodyIsMissed() throws IOException {
        passage.enter();

        assertThatThrownBy(() -> ReadAhead.of(Codec.of(Compression.NONE), passage, work -> {
                    throw new RejectedExecutionException("no thread");
                }))
                .isInstanceOf(RejectedExecutionException.class);
        passage.leave();

        passage.close().block(PATIENCE);
    }

    /** Noise, so that what is stored is about as long. */
    private static byte[] content(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] compressed(Compression compression, byte[] content) throws IOException {
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        try (OutputStream out = Codec.of(compression).encodingStream(stored, content.length)) {
            out.write(content);
        }
        return stored.toByteArray();
    }

    private void download(byte[] stored) {
        int step = pool.bufferBytes();
        int ranges = (stored.length + step - 1) / step;
        Flux.range(0, ranges)
                .concatMap(range -> passage.lease(pool).flatMap(buffer -> {
                    int from = range * step;
                    int attempt = buffer.begin();
                    buffer.append(attempt, ByteBuffer.wrap(stored, from, Math.min(step, stored.length - from)));
                    buffer.flip();
                    return passage.handOver(buffer);
                }))
                .doOnComplete(passage::complete)
                .subscribe();
    }
}
