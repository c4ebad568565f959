package io.walarchiver.archive;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Advice to the kernel about files that are read once ({@code posix_fadvise(2)}), so that they do not push the database's
 * own pages out of memory. Hints only: failures do not matter and are not reported.
 */
public final class PageCache {

    private static final Logger log = LoggerFactory.getLogger(PageCache.class);
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;
    private static final int POSIX_FADV_WILLNEED = 3;
    private static final int POSIX_FADV_DONTNEED = 4;
    private static final int PROT_READ = 1;
    private static final int MAP_SHARED = 1;
    private static final int NO_FILE = -1;
    private static final boolean AVAILABLE = bind();

    private PageCache() {}

    private static boolean bind() {
        try {
            Native.register(PageCache.class, "c");
            return true;
        } catch (UnsatisfiedLinkError | SecurityException e) {
            log.atWarn().addKeyValue("reason", e.toString()).log("archived segments stay in the page cache");
            return false;
        }
    }

    private static native int open(String path, int flags);

    private static native int posix_fadvise(int fd, long offset, long length, int advice);

    private static native int close(int fd);

    private static native Pointer mmap(Pointer address, long length, int protection, int flags, int fd, long offset);

    private static native int mincore(Pointer address, long length, byte[] pages);

    private static native int munmap(Pointer address, long length);

    /** Drops the file's clean pages. */
    static void drop(Path file) {
        int fd = open(file);
        if (fd != NO_FILE) {
            int unused = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
            int alsoUnused = close(fd);
        }
    }

    private static int open(Path file) {
        return AVAILABLE ? Math.max(NO_FILE, open(file.toString(), O_RDONLY | O_CLOEXEC)) : NO_FILE;
    }

    /**
     * Begins to read a file from its start to its end, while others may be using it, too. What of it is in memory already
     * is somebody's, and stays.
     *
     * @param length of the file in bytes, or how much will be read of it
     */
    public static Reading read(Path file, long length) {
        return length < Reading.WORTHWHILE_BYTES ? Reading.SMALL : new Reading(open(file), length);
    }

    /** One pass through a file. For one thread at a time; must be closed. */
    public static final class Reading implements AutoCloseable {

        /** Smaller files are read in one go and make no difference. */
        private static final int WORTHWHILE_BYTES = 4 << 20;

        /** How much is asked for at once, and how far before it is needed. A disk on the network answers within that. */
        private static final int STRIDE_BYTES = 1 << 20;

        private static final int AHEAD_BYTES = 4 << 20;

        /** Looked at in pieces of so many bytes, as the answer takes a byte for each page. */
        private static final long LOOK_BYTES = 256L << 20;

        private static final int PAGE_BYTES = 4096;

        /** A file of which at most one page in so many is in memory is nobody's. */
        private static final int COLD_SHARE = 64;

        private static final Reading SMALL = new Reading(NO_FILE, 0);

        private final int fd;
        private final long length;
        private final boolean cold;
        private long asked;

        private Reading(int fd, long length) {
            this.fd = fd;
            this.length = length;
            this.cold = fd != NO_FILE && isCold(fd, length);
        }

        private static boolean isCold(int fd, long length) {
            Pointer mapping = mmap(Pointer.NULL, length, PROT_READ, MAP_SHARED, fd, 0);
            if (mapping == null || Pointer.nativeValue(mapping) == -1) {
                return false;
            }
            try {
                long most = length / PAGE_BYTES / COLD_SHARE;
                byte[] pages = new byte[(int) (Math.min(length, LOOK_BYTES) / PAGE_BYTES) + 1];
                for (long offset = 0; offset < length; offset += LOOK_BYTES) {
                    long count = Math.min(LOOK_BYTES, length - offset);
                    if (mincore(mapping.share(offset), count, pages) != 0) {
                        return false;
                    }
                    for (int page = 0; page < (count + PAGE_BYTES - 1) / PAGE_BYTES; page++) {
                        most -= pages[page] & 1;
                    }
                    if (most < 0) {
                        return false;
                    }
                }
                return true;
            } finally {
                int unused = munmap(mapping, length);
            }
        }

        /** What follows {@code position} will be read next: it is fetched from the disk already. */
        public void ahead(long position) {
            while (cold && asked < length && asked < position + AHEAD_BYTES) {
                int unused = posix_fadvise(fd, asked, STRIDE_BYTES, POSIX_FADV_WILLNEED);
                asked += STRIDE_BYTES;
            }
        }

        /** Drops what the pass has brought into memory; nothing when the file was there before. */
        @Override
        public void close() {
            if (fd != NO_FILE) {
                if (cold) {
                    int unused = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
                }
                int unused = PageCache.close(fd);
            }
        }
    }
}
