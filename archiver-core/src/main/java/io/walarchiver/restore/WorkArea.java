package io.walarchiver.restore;

import io.walarchiver.codec.PooledBuffer;
import java.io.IOException;
import java.nio.file.Files;
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
 * What one attempt to fetch a file holds: pooled buffers and temporary files.
 *
 * <p>An attempt can be cancelled while a thread decompresses into its buffers or writes its files. Giving the memory
 * back at that moment would let the next owner's bytes be overwritten. So whoever touches them does it inside
 * {@link #use}, and everything is given back when the area is closed and nobody is inside any more, whichever comes last.
 */
final class WorkArea {

    private static final Logger log = LoggerFactory.getLogger(WorkArea.class);

    private final List<PooledBuffer> buffers = new ArrayList<>();
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
        synchronized (this) {
            if (closed) {
                throw new CancellationException("the attempt is over");
            }
            inside++;
        }
        try {
            return work.call();
        } finally {
            boolean last;
            synchronized (this) {
                inside--;
                last = closed && inside == 0;
            }
            if (last) {
                giveBack();
            }
        }
    }

    /** Ends the attempt; completes without an error. Files are deleted on {@code fileIo}. */
    Mono<Void> close(Scheduler fileIo) {
        return Mono.defer(() -> {
            boolean deleteFiles;
            synchronized (this) {
                if (closed) {
                    return Mono.empty();
                }
                closed = true;
                if (inside > 0) {
                    return Mono.empty();
                }
                deleteFiles = !files.isEmpty();
            }
            releaseBuffers();
            return deleteFiles
                    ? BlockingWork.on(fileIo, () -> {
                                deleteFiles();
                                return true;
                            })
                            .then()
                    : Mono.empty();
        });
    }

    private void giveBack() {
        releaseBuffers();
        deleteFiles();
    }

    private void deleteFiles() {
        List<Path> left;
        synchronized (this) {
            left = List.copyOf(files);
            files.clear();
        }
        for (Path file : left) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException failure) {
                // Its name says whose it is; the next start of the spool, or a person, removes it.
                log.warn("Cannot delete temporary file {}: {}", file, failure.toString());
            }
        }
    }
}
