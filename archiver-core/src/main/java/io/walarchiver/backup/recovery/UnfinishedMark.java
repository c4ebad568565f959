package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory in the data directory that says: this is not complete yet. It is made before the first file and removed
 * after the last.
 *
 * <p>It holds {@code global/pg_control} until everything else is in place, so that no server can be started on a part of a
 * cluster; a file with what is being restored and which objects were extracted to their end, so that the same restore can
 * go on; and a lock, so that two do not work at the same time.
 *
 * <p>An object counts as extracted as long as the machine has not been started anew: until the final flush its files may
 * be in memory only.
 */
final class UnfinishedMark implements Closeable {

    /** The name of the directory. */
    static final String NAME = "wal-archiver-restore.unfinished";

    private static final Logger log = LoggerFactory.getLogger(UnfinishedMark.class);

    private static final String STATE = "state";
    private static final String CONTROL_FILE = "pg_control";
    private static final String DONE = "done=";
    private static final String COMPLETE = "complete";
    private static final String AGAIN = "again";
    private static final String BOOT = "boot=";
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String COMMENT = """
            # wal-archiver is bringing a base backup back into this data directory, which is not complete yet.
            # Run the same restore again to go on, or delete the data directory and start over.
            """;

    private final Path directory;
    private final Set<String> done;
    private final FileChannel state;
    private final @Nullable FileLock lock;
    private boolean complete;

    private UnfinishedMark(
            Path directory, Set<String> done, boolean complete, FileChannel state, @Nullable FileLock lock) {
        this.directory = directory;
        this.done = done;
        this.complete = complete;
        this.state = state;
        this.lock = lock;
    }

    /**
     * What an earlier run has left.
     *
     * @param identity see {@link RestorePlan#identity}
     * @param done     keys of the objects that were extracted
     * @param complete whether only the mark itself was left to be removed
     */
    record Earlier(List<String> identity, Set<String> done, boolean complete) {}

    /** Makes the mark in an empty data directory, or takes over the one of an earlier run. */
    static UnfinishedMark in(Path dataDirectory, List<String> identity, Optional<Earlier> earlier) throws IOException {
        Path directory = dataDirectory.resolve(NAME);
        Path file = directory.resolve(STATE);
        if (earlier.isEmpty()) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Path draft = directory.resolve(STATE + ".new");
            Files.writeString(draft, COMMENT + String.join("\n", identity) + "\n" + BOOT + bootId() + "\n");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        FileChannel state = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ);
        try {
            FileLock lock = lock(state, dataDirectory);
            state.position(state.size());
            UnfinishedMark mark = new UnfinishedMark(
                    directory,
                    new HashSet<>(earlier.map(Earlier::done).orElseGet(Set::of)),
                    earlier.map(Earlier::complete).orElse(false),
                    state,
                    lock);
            if (earlier.isPresent()) {
                // Also ends a line that was cut off.
                mark.append("\n" + BOOT + bootId());
            }
            return mark;
        } catch (IOException | RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileChannel state, Path dataDirectory) {
        FileLock lock;
        try {
            lock = state.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            lock = null;
        } catch (IOException noLocks) {
            log.warn("The file system of {} has no locks; no second restore must run there", dataDirectory);
            return null;
        }
        if (lock == null) {
            throw new DestinationUnusable("another restore is at work in " + dataDirectory, null);
        }
        return lock;
    }

    /** What is there from an earlier run; empty when there is no mark, or none that was written to its end. */
    static Optional<Earlier> read(Path dataDirectory) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(dataDirectory.resolve(NAME).resolve(STATE));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
        List<String> identity = new ArrayList<>();
        Set<String> done = new HashSet<>();
        boolean complete = false;
        String boot = bootId();
        boolean sameBoot = !boot.isEmpty();
        boolean begun = false;
        for (String line : lines) {
            if (line.startsWith(BOOT)) {
                begun = true;
                sameBoot &= line.equals(BOOT + boot);
            } else if (!begun && !line.startsWith("#")) {
                identity.add(line);
            } else if (line.startsWith(DONE)) {
                done.add(line.substring(DONE.length()));
            } else if (line.equals(COMPLETE)) {
                complete = true;
            } else if (line.equals(AGAIN)) {
                done.clear();
            }
            // What was appended last may have been cut off; it is passed over.
        }
        return Optional.of(new Earlier(identity, sameBoot ? done : Set.of(), complete));
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException unknown) {
            return "";
        }
    }

    /** A path for a file of ours; it goes with the mark. */
    Path scratch(String name) {
        return directory.resolve(name);
    }

    /** Where the control file waits. */
    Path controlFile() {
        return scratch(CONTROL_FILE);
    }

    synchronized boolean isDone(BackupFile file) {
        return done.contains(file.key().value());
    }

    /** Notes that an object was extracted to its end. */
    synchronized void done(BackupFile file) throws IOException {
        if (done.add(file.key().value())) {
            append(DONE + file.key());
        }
    }

    /** Takes all notes back: what was extracted turned out to be wrong. */
    synchronized void forget() throws IOException {
        done.clear();
        append(AGAIN);
    }

    /** True when an earlier run had nothing left to do but to remove the mark. */
    boolean isComplete() {
        return complete;
    }

    /** Notes that everything is in place and safe on the disk. */
    void complete() throws IOException {
        append(COMPLETE);
        complete = true;
    }

    private void append(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            int unused = state.write(bytes);
        }
        state.force(false);
    }

    /** Removes the mark with everything in it. */
    void remove() throws IOException {
        // The state goes last: while it is there, the rest can be removed by another run.
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(file -> !file.endsWith(STATE)).toList();
        }
        for (Path file : files) {
            boolean unused = Files.deleteIfExists(file);
        }
        boolean unused = Files.deleteIfExists(directory.resolve(STATE));
        Files.delete(directory);
    }

    @Override
    public void close() throws IOException {
        if (lock != null && lock.isValid()) {
            lock.release();
        }
        state.close();
    }
}
