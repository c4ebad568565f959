package io.walarchiver.codec;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives memory of direct buffers back to the operating system while the buffers live on ({@code madvise(2)},
 * {@code MADV_DONTNEED}). Pages come back as zeros when they are touched the next time.
 */
final class MemoryPages {

    private static final Logger log = LoggerFactory.getLogger(MemoryPages.class);
    private static final int MADV_DONTNEED = 4;

    /** 0 when the calls are not there. */
    private static final long PAGE_BYTES = bind();

    private MemoryPages() {}

    private static long bind() {
        try {
            Native.register(MemoryPages.class, "c");
            return getpagesize();
        } catch (UnsatisfiedLinkError | SecurityException e) {
            log.atWarn().addKeyValue("reason", e.toString()).log("unused buffers keep their memory");
            return 0;
        }
    }

    private static native int getpagesize();

    private static native int madvise(Pointer address, long length, int advice);

    /**
     * Gives back all whole pages of a buffer, whose content is lost.
     *
     * @param memory direct, and nobody uses it
     * @return false when the system does not do that
     */
    static boolean release(ByteBuffer memory) {
        if (PAGE_BYTES == 0) {
            return false;
        }
        long start = Pointer.nativeValue(Native.getDirectBufferPointer(memory));
        // The pages at both ends may hold something else, too.
        long first = (start + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        long end = (start + memory.capacity()) / PAGE_BYTES * PAGE_BYTES;
        return end <= first || madvise(new Pointer(first), end - first, MADV_DONTNEED) == 0;
    }
}
