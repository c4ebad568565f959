package io.walarchiver.archive;

import io.walarchiver.codec.ContentDigest;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is durable in the archive already, so that PostgreSQL's question about a file that look-ahead has stored is
 * answered at once, also after a restart.
 *
 * <p>An append-only text file behind a map in memory. First line: the archive it is about; a journal of another archive
 * is dropped. Then one line per file: name, length, modification time in nanoseconds, inode, digest. A line is believed
 * only for a file of the same {@link FileIdentity}; a torn last line is ignored.
 *
 * <p>The journal is an optimisation. Losing it costs one conditional PUT per file, so nothing is flushed, and a journal
 * that cannot be written is a warning. It never holds a file that is not durable. Methods that write block on the file
 * system; safe for many threads.
 */
final class ArchiveJournal implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ArchiveJournal.class);
    private static final String HEADER = "wal-archiver journal 1 ";
    private static final long REWRITE_BYTES = 1 << 20;

    /** A place that could not be written is tried again after so many additions. */
    static final int RETRY_ADDITIONS = 32;

    private record Entry(FileIdentity identity, ContentDigest digest) {

        String line(WalFileName name) {
            return name + " " + identity.length() + " " + identity.modifiedNanos() + " " + identity.inode() + " "
                    + digest + "\n";
        }
    }

    private final Path file;
    private final String header;
    private final Map<WalFileName, Entry> entries = new ConcurrentHashMap<>();
    private @Nullable FileChannel channel;
    private long rewriteAtBytes = REWRITE_BYTES;
    private int additionsUnwritten;
    private volatile boolean writable = true;

    private ArchiveJournal(Path file, String archive) {
        this.file = file;
        this.header = HEADER + archive.replace('\n', ' ') + "\n";
    }

    /**
     * Opens the journal, keeping what it says when it is about the same archive.
     *
     * @param archive names the archive and the cluster, so that a changed destination starts afresh
     */
    static ArchiveJournal open(Path file, String archive) {
        ArchiveJournal journal = new ArchiveJournal(file, archive);
        journal.load();
        journal.rewrite();
        return journal;
    }

    private void load() {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException absent) {
            return;
        } catch (IOException unreadable) {
            warn(
                    "cannot read the journal; files stored by look-ahead will be compared with the archive again",
                    unreadable);
            return;
        }
        if (!text.startsWith(header)) {
            return;
        }
        int start = header.length();
        for (int end = text.indexOf('\n', start); end >= 0; start = end + 1, end = text.indexOf('\n', start)) {
            parse(text.substring(start, end));
        }
    }

    private void parse(String line) {
        String[] fields = line.split(" ", -1);
        if (fields.length != 5) {
            return;
        }
        try {
            entries.put(
                    WalFileName.parse(fields[0]),
                    new Entry(
                            new FileIdentity(
                                    Long.parseLong(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3])),
                            ContentDigest.parse(fields[4])));
        } catch (IllegalArgumentException damaged) {
            log.debug("ignoring a damaged journal line: {}", line);
        }
    }

    /** The digest of the file when this very file is durable. */
    Optional<ContentDigest> find(WalFileName name, FileIdentity identity) {
        Entry entry = entries.get(name);
        return entry != null && entry.identity().equals(identity) ? Optional.of(entry.digest()) : Optional.empty();
    }

    boolean contains(WalFileName name) {
        return entries.containsKey(name);
    }

    /** Notes that the file is durable; to be called after the store's answer, never before. */
    synchronized void add(WalFileName name, FileIdentity identity, ContentDigest digest) {
        Entry entry = new Entry(identity, digest);
        entries.put(name, entry);
        FileChannel open = channel;
        if (open == null) {
            additionsUnwritten++;
            if (additionsUnwritten >= RETRY_ADDITIONS) {
                rewrite();
            }
            return;
        }
        try {
            write(open, entry.line(name));
            if (open.size() > rewriteAtBytes) {
                rewrite();
            }
        } catch (IOException e) {
            // The line may be torn, and the next one must not continue it.
            closeChannel();
            failed(e);
        }
    }

    /** The names it knows now; to be passed to {@link #forget} after a look at the ready files. */
    Set<WalFileName> names() {
        return Set.copyOf(entries.keySet());
    }

    /** Drops names PostgreSQL will not ask for any more: those of {@code candidates} that are not {@code ready}. */
    void forget(Set<WalFileName> candidates, Set<WalFileName> ready) {
        for (WalFileName name : candidates) {
            if (!ready.contains(name)) {
                entries.remove(name);
            }
        }
    }

    /** False when the last attempt to write failed. Does not wait for a write under way. */
    boolean isWritable() {
        return writable;
    }

    private synchronized void rewrite() {
        closeChannel();
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            Path directory = file.getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            StringBuilder text = new StringBuilder(header);
            entries.forEach((name, entry) -> text.append(entry.line(name)));
            Files.writeString(next, text, StandardCharsets.UTF_8);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
            channel = open;
            // Look-ahead can be ten thousands of files ahead of PostgreSQL: what is alive must not be rewritten with
            // every addition.
            rewriteAtBytes = Math.max(REWRITE_BYTES, 2 * open.size());
            writable = true;
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(IOException e) {
        if (writable) {
            warn("cannot write the journal; after a restart some files will be compared with the archive again", e);
        }
        writable = false;
        additionsUnwritten = 0;
    }

    private static void write(FileChannel open, String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            int unused = open.write(bytes);
        }
    }

    private void warn(String message, IOException e) {
        log.atWarn()
                .addKeyValue("journal", file)
                .addKeyValue("reason", e.toString())
                .log(message);
    }

    private void closeChannel() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                log.debug("closing the journal failed", e);
            }
        }
    }

    @Override
    public synchronized void close() {
        closeChannel();
    }
}
