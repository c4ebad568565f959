package io.walarchiver.backup.transfer;

import io.walarchiver.codec.Codec;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The content of an object that a second thread decompresses, a little ahead of whoever reads. What is done with content,
 * such as writing it to files, takes about as long as decompressing it; side by side both take half the time.
 *
 * <p>A failure to decompress reaches the reader where it happened: after all bytes before it. Closing does not wait for the
 * second thread, which may be waiting for the download itself; it counts as inside the passage until it has left, see
 * {@link Passage#close}. For one reading thread.
 */
public final class ReadAhead extends InputStream {

    private static final int CHUNK_BYTES = 256 << 10;
    private static final int CHUNKS = 4;

    /** Some content. The second thread writes behind {@code length}, the reading one looks at what is before it. */
    private static final class Chunk {
        private final byte[] bytes = new byte[CHUNK_BYTES];
        private int length;
        private boolean complete;
    }

    private final Object lock = new Object();
    /** All that were made are in here or in {@link #filled}. */
    private final Queue<Chunk> free = new ArrayDeque<>(CHUNKS);

    /** In order; the last one may still grow. */
    private final Queue<Chunk> filled = new ArrayDeque<>(CHUNKS);

    private @Nullable Throwable failure;
    private boolean waiting;
    private boolean ended;
    private boolean closed;

    /** What the reading thread has of the first chunk: for this thread alone. */
    private @Nullable Chunk current;

    private int position;
    private int limit;

    private ReadAhead() {}

    /**
     * Begins to decompress. To be called inside the passage.
     *
     * @param codec   what the object is compressed with
     * @param threads has a thread free for each passage; each is occupied until the object ends
     */
    public static ReadAhead of(Codec codec, Passage passage, Executor threads) throws Passage.Over {
        ReadAhead ahead = new ReadAhead();
        // For the second thread, which must not be missed by someone who waits until nobody is inside.
        passage.enter();
        boolean begun = false;
        try {
            threads.execute(() -> {
                try {
                    ahead.decode(codec, passage);
                } finally {
                    passage.leave();
                }
            });
            begun = true;
        } finally {
            if (!begun) {
                passage.leave();
            }
        }
        return ahead;
    }

    private void decode(Codec codec, Passage passage) {
        try (InputStream content = codec.decodingStream(passage.stream())) {
            for (Chunk chunk = empty(); chunk != null; chunk = empty()) {
                if (!fill(chunk, content)) {
                    break;
                }
            }
            end(null);
        } catch (Throwable whatever) {
            // The reader throws it again.
            end(whatever);
        }
    }

    /** Shows each piece at once: what is there may be all there is for a while. False at the end of the content. */
    private boolean fill(Chunk chunk, InputStream content) throws IOException {
        int length = 0;
        while (length < CHUNK_BYTES) {
            int count = content.read(chunk.bytes, length, CHUNK_BYTES - length);
            if (count < 0) {
                return false;
            }
            length += count;
            synchronized (lock) {
                chunk.length = length;
                chunk.complete = length == CHUNK_BYTES;
                if (waiting) {
                    lock.notifyAll();
                }
            }
        }
        return true;
    }

    /** A chunk to fill; null when nobody reads any more. Waits. */
    private @Nullable Chunk empty() throws InterruptedException {
        synchronized (lock) {
            while (!closed && free.isEmpty() && filled.size() == CHUNKS) {
                lock.wait();
            }
            if (closed) {
                return null;
            }
            Chunk chunk = free.poll();
            if (chunk == null) {
                chunk = new Chunk();
            }
            filled.add(chunk);
            return chunk;
        }
    }

    private void end(@Nullable Throwable why) {
        synchronized (lock) {
            failure = why;
            ended = true;
            lock.notifyAll();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (position == limit && !more()) {
            return -1;
        }
        int count = Math.min(length, limit - position);
        System.arraycopy(Objects.requireNonNull(current).bytes, position, bytes, offset, count);
        position += count;
        return count;
    }

    /** Looks for what has come behind what was read; false at the end. Waits. */
    private boolean more() throws IOException {
        synchronized (lock) {
            while (true) {
                Chunk first = filled.peek();
                if (first != null && position < first.length) {
                    current = first;
                    limit = first.length;
                    return true;
                }
                if (first != null && first.complete) {
                    giveBack(first);
                } else if (ended) {
                    if (failure != null) {
                        throw again(failure);
                    }
                    return false;
                } else {
                    await();
                }
            }
        }
    }

    private void giveBack(Chunk read) {
        Chunk unused = filled.remove();
        read.length = 0;
        read.complete = false;
        free.add(read);
        position = 0;
        limit = 0;
        lock.notifyAll();
    }

    private void await() throws Passage.Over {
        waiting = true;
        try {
            lock.wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Passage.Over();
        } finally {
            waiting = false;
        }
    }

    /** The same exception: who catches it tells by its type what was wrong. */
    private static IOException again(Throwable why) {
        if (why instanceof Error error) {
            throw error;
        }
        if (why instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return why instanceof IOException failed ? failed : new Passage.Over();
    }

    /** Lets the second thread end as soon as it looks. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
    }
}
