package io.walarchiver.archive;

import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The files PostgreSQL wants archived: one {@code <name>.ready} in {@code pg_wal/archive_status} for each (PostgreSQL
 * manual, "Continuous Archiving"). They are PostgreSQL's; nothing here renames or removes one.
 */
final class ReadyFiles {

    private static final Logger log = LoggerFactory.getLogger(ReadyFiles.class);
    private static final String READY = ".ready";

    private final DataDirectory source;
    private final Doorbell directoryThere = new Doorbell();
    private Map<WalFileName, ReadyFile> known = Map.of();
    private volatile boolean watching;
    private volatile boolean late;
    private volatile boolean complained;

    ReadyFiles(DataDirectory source) {
        this.source = source;
    }

    /**
     * Lists the ready files in archiving order. Blocks on the file system; for one thread at a time. Only files that
     * were not there last time are looked at, so a long queue costs one directory read.
     */
    List<ReadyFile> scan() throws IOException {
        Map<WalFileName, ReadyFile> found = new HashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(source.archiveStatusDirectory(), "*" + READY)) {
            for (Path entry : entries) {
                String file = entry.getFileName().toString();
                WalFileName name;
                try {
                    name = WalFileName.parse(file.substring(0, file.length() - READY.length()));
                } catch (IllegalArgumentException notAWalFile) {
                    continue;
                }
                ReadyFile before = known.get(name);
                ReadyFile now = before != null ? before : lookAt(entry, name);
                if (now != null) {
                    found.put(name, now);
                }
            }
        }
        known = found;
        if (!watching) {
            directoryThere.ring();
        }
        return List.copyOf(new TreeMap<>(found).values());
    }

    private @Nullable ReadyFile lookAt(Path marker, WalFileName name) throws IOException {
        Instant since;
        try {
            since = Files.readAttributes(marker, BasicFileAttributes.class)
                    .lastModifiedTime()
                    .toInstant();
        } catch (NoSuchFileException doneInBetween) {
            return null;
        }
        Path file = source.walDirectory().resolve(name.toString());
        long bytes;
        try {
            bytes = Files.size(file);
        } catch (IOException unreadable) {
            bytes = 0;
        }
        return new ReadyFile(name, since, bytes);
    }

    /**
     * Rings {@code bell} whenever something changes in the status directory. Never completes; cancelling ends the
     * watch. Where the file system or the kernel's limits do not allow a watch this stays silent: the questions
     * PostgreSQL asks are then the only events, which costs look-ahead, not correctness. A directory that is not there
     * yet, or was replaced, is watched once a scan has found it.
     *
     * @param thread where to wait for events; is occupied for as long as the watch lasts
     */
    Mono<Void> watch(Doorbell bell, Scheduler thread) {
        return Mono.using(
                        this::openWatch,
                        watch -> Mono.<Void>fromRunnable(() -> {
                                    if (late) {
                                        // What became ready while there was no watch would go unnoticed.
                                        bell.ring();
                                    }
                                    follow(watch, bell);
                                })
                                .subscribeOn(thread),
                        this::closeWatch)
                .onErrorResume(IOException.class, failure -> {
                    late = true;
                    complain(failure);
                    return Mono.empty();
                })
                .then(Mono.defer(directoryThere::await))
                .repeat()
                .then();
    }

    boolean isWatching() {
        return watching;
    }

    private void complain(IOException failure) {
        if (!complained) {
            log.atWarn()
                    .addKeyValue("directory", source.archiveStatusDirectory())
                    .addKeyValue("reason", failure.toString())
                    .log("cannot watch the archive status directory; relying on PostgreSQL's calls alone");
        }
        complained = true;
    }

    private WatchService openWatch() throws IOException {
        Path directory = source.archiveStatusDirectory();
        WatchService watch = directory.getFileSystem().newWatchService();
        try {
            WatchKey key = directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            if (!key.isValid()) {
                throw new IOException("the watch on " + directory + " is not valid");
            }
            watching = true;
            complained = false;
            return watch;
        } catch (IOException | RuntimeException e) {
            watch.close();
            throw e;
        }
    }

    private static void follow(WatchService watch, Doorbell bell) {
        try {
            boolean valid = true;
            while (valid) {
                WatchKey key = watch.take();
                // What happened does not matter, an overflow included: the scan looks at the directory itself.
                key.pollEvents();
                bell.ring();
                valid = key.reset();
            }
        } catch (ClosedWatchServiceException closed) {
            // The subscriber cancelled.
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeWatch(WatchService watch) {
        watching = false;
        late = true;
        try {
            watch.close();
        } catch (IOException e) {
            log.debug("closing the watch failed", e);
        }
    }
}
