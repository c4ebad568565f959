package io.walarchiver.archive;

import com.sun.jna.Native;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the kernel that an archived segment will not be read again, so that it does not push the database's own pages
 * out of memory ({@code posix_fadvise(2)}, {@code POSIX_FADV_DONTNEED}).
 */
final class PageCache {

    private static final Logger log = LoggerFactory.getLogger(PageCache.class);
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;
    private static final int POSIX_FADV_DONTNEED = 4;
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

    /** Drops the file's clean pages. A hint: failures do not matter and are not reported. */
    static void drop(Path file) {
        if (!AVAILABLE) {
            return;
        }
        int fd = open(file.toString(), O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            int unused = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
            int alsoUnused = close(fd);
        }
    }
}
