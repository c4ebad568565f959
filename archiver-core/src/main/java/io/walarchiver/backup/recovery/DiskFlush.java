package io.walarchiver.backup.recovery;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Makes files survive a crash of the machine ({@code fsync(2)}). Blocks, for as long as the disk needs. */
final class DiskFlush {

    /** Flushes wait for the same commit of the file system's journal, so they take about as long together as one does. */
    private static final int AT_ONCE = 8;

    private static final int WAITING = 64;

    private DiskFlush() {}

    /** All files and directories below a directory, and itself, several at a time; links are not followed. */
    static void tree(Path root) throws IOException {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                AT_ONCE,
                AT_ONCE,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                work -> {
                    Thread thread = new Thread(work, RestoreRun.THREADS + "flush");
                    thread.setDaemon(true);
                    return thread;
                },
                // Whoever finds the queue full does something useful meanwhile.
                new ThreadPoolExecutor.CallerRunsPolicy());
        try {
            Path unused = Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()) {
                        flush(file);
                    }
                    return next();
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException unreadable)
                        throws IOException {
                    if (unreadable != null) {
                        throw unreadable;
                    }
                    flush(directory);
                    return next();
                }

                private FileVisitResult next() {
                    return failure.get() == null ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
                }

                private void flush(Path file) {
                    threads.execute(() -> {
                        try {
                            file(file);
                        } catch (IOException | RuntimeException e) {
                            failure.compareAndSet(null, e);
                        }
                    });
                }
            });
        } finally {
            threads.shutdown();
            awaitEnd(threads);
        }
        Throwable first = failure.get();
        if (first instanceof IOException e) {
            throw e;
        }
        if (first != null) {
            throw new IOException("cannot flush " + root, first);
        }
    }

    private static void awaitEnd(ThreadPoolExecutor threads) throws IOException {
        try {
            while (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
                // The disk takes its time; giving up here would call unsafe what may become safe.
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while files were flushed", e);
        }
    }

    /** One file or directory. */
    static void file(Path file) throws IOException {
        // The kernel flushes what was written through any descriptor.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
