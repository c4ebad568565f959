package io.walarchiver.restore;

import io.walarchiver.codec.PooledBuffer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What one attempt to fetch a file holds: pooled buffers, temporary files and the channels to them.
 *
 * <p>An attempt can be cancelled while a thread decompresses into its buffers or writes its files. Giving the memory
 * back at that moment would let the next owner's bytes be overwritten. So whoever touches them does it inside
 * {@link #use}, and everything is given back when the area is closed and nobody is inside any more, whichever comes last.
 */
final class WorkArea {

    private static final Logger log = LoggerFactory.getLogger(WorkArea.class);

    private final List<PooledBuffer> buffers = new ArrayList<>();
    private final List<Closeable> channels = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private int inside;
    private boolean closed;

    /** Takes over buffers; gives them straight back when the area was closed meanwhile, and returns false. */
    boolean own(List<PooledBuffer> lease) {
        synchronized (this) {
            if (!closed) {
                buffers.addAll(lease);
                return true;
            }
        }
        lease.forEach(PooledBuffer::release);
        return false;
    }

    /** The buffers, in the order of their lease. To be used inside {@link #use} only. */
    synchronized PooledBuffer buffer(int index) {
        return buffers.get(index);
    }

    synchronized boolean hasBuffers() {
        return !buffers.isEmpty();
    }

    /** Gives the buffers back before the attempt is over. Not to be called inside {@link #use}. */
    void releaseBuffers() {
        List<PooledBuffer> released;
        synchronized (this) {
            released = List.copyOf(buffers);
            buffers.clear();
        }
        released.forEach(PooledBuffer::release);
    }

    /** Registers a file that is to disappear with the area. To be called before the file is created. */
    synchronized Path temporary(Path file) {
        files.add(file);
        return file;
    }

    /** Registers a temporary file as gone: renamed to where it belongs. */
    synchronized void moved(Path file) {
        files.remove(file);
    }

    /** Registers a channel that is to be closed with the area, should it still be open. To be called inside use. */
    synchronized <C extends Closeable> C open(C channel) {
        channels.add(channel);
        return channel;
    }

    /** Closes a registered channel. To be called inside {@link #use}. */
    void closeChannel(Closeable channel) throws IOException {
        synchronized (this) {
            channels.remove(channel);
        }
        channel.close();
    }

    /** True when the attempt is over and long work should stop. */
    synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Does {@code work} with the certainty that buffers and files stay what they are until it returns.
     *
     * @throws CancellationException when the area is closed already
     */
    <T> T use(Callable<T> work) throws Exception {
        if (!enter()) {
            throw new CancellationException("the attempt is over");
        }
        try {
            return work.call();
        } finally {
            leave();
        }
    }

    private synchronized boolean enter() {
        if (closed) {
            return false;
        }
        inside++;
        return true;
    }

    private void leave() {
        boolean last;
        synchronized (this) {
            inside--;
            last = closed && inside == 0;
        }
        if (last) {
            releaseBuffers();
            removeFiles();
        }
    }

    /**
     * Appends {@code chunk} to the first buffer; ignored when the area is closed, as nobody wants the bytes then.
     *
     * @return false when the chunk does not fit
     */
    boolean append(ByteBuffer chunk) {
        if (!enter()) {
            return true;
        }
        try {
            ByteBuffer target = received();
            if (chunk.remaining() > target.remaining()) {
                return false;
            }
            target.put(chunk);
            return true;
        } finally {
            leave();
        }
    }

    /** The first buffer: of compressed bytes when there is a second one for the content. */
    private synchronized ByteBuffer received() {
        return buffers.size() > 1
                ? buffers.get(0).sparseBuffer()
                : buffers.get(0).buffer();
    }

    /** Ends the attempt; completes without an error. Files are closed and deleted on {@code fileIo}. */
    Mono<Void> close(Scheduler fileIo) {
        return Mono.defer(() -> {
            boolean filesLeft;
            synchronized (this) {
                if (closed) {
                    return Mono.empty();
                }
                closed = true;
                if (inside > 0) {
                    return Mono.empty();
                }
                filesLeft = !files.isEmpty() || !channels.isEmpty();
            }
            releaseBuffers();
            return filesLeft ? BlockingWork.run(fileIo, this::removeFiles) : Mono.empty();
        });
    }

    private void removeFiles() {
        List<Closeable> open;
        List<Path> left;
        synchronized (this) {
            open = List.copyOf(channels);
            channels.clear();
            left = List.copyOf(files);
            files.clear();
        }
        for (Closeable channel : open) {
            try {
                channel.close();
            } catch (IOException failure) {
                log.warn("Cannot close a temporary file: {}", failure.toString());
            }
        }
        for (Path file : left) {
            try {
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    Files.delete(file);
                }
            } catch (IOException failure) {
                // Its name says whose it is; the next start of the spool, or a person, removes it.
                log.warn("Cannot delete temporary file {}: {}", file, failure.toString());
            }
        }
    }
}
