package io.walarchiver.backup.base;

import io.walarchiver.wal.Lsn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Looks at pages on their way into the backup and reports those with a wrong checksum.
 *
 * <p>A page that is newer than the start of the backup is not looked at: recovery replaces it from WAL, and it may have
 * been read while it was being written. One that was read halfway through its first change since then looks damaged and
 * old, so it is read again before it is reported; what is read then goes into the backup.
 */
final class PageVerification {

    private static final int REREADS = 5;
    private static final long PAUSE_NANOS = 1_000_000;
    private static final int BYTES_PER_WORD = 4;

    private final int blockSize;
    private final int relationSegmentBlocks;
    private final Lsn start;
    private final Consumer<DamagedPage> report;

    /**
     * @param blockSize             size of a page in bytes
     * @param relationSegmentBlocks pages in each file of a relation but the last
     * @param start                 where the backup begins
     * @param report                is told each damaged page; for many threads
     */
    PageVerification(int blockSize, int relationSegmentBlocks, Lsn start, Consumer<DamagedPage> report) {
        this.blockSize = blockSize;
        this.relationSegmentBlocks = relationSegmentBlocks;
        this.start = start;
        this.report = report;
    }

    int blockSize() {
        return blockSize;
    }

    /** A file's part in it; for one thread at a time. */
    OfFile of(String file, RelationFileName name) {
        return new OfFile(file, name.segment() * relationSegmentBlocks);
    }

    final class OfFile {

        private final String file;
        private final int firstBlock;
        private final int[] words = new int[blockSize / BYTES_PER_WORD];

        private OfFile(String file, int firstBlock) {
            this.file = file;
            this.firstBlock = firstBlock;
        }

        /**
         * Looks at every whole page between position and limit, and replaces those that had to be read again.
         *
         * @param pages  begins with a page; not moved
         * @param offset where in the file that page stands
         */
        void verify(ByteBuffer pages, FileChannel channel, long offset) throws IOException {
            ByteBuffer page = pages.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            int end = pages.position() + pages.remaining() / blockSize * blockSize;
            for (int at = pages.position(); at < end; at += blockSize) {
                long block = (offset + at - pages.position()) / blockSize;
                page.limit(at + blockSize).position(at);
                if (!isSound(page, block) && !isSoundWhenReadAgain(page, channel, block)) {
                    report.accept(new DamagedPage(file, block));
                }
            }
        }

        private boolean isSoundWhenReadAgain(ByteBuffer page, FileChannel channel, long block) throws IOException {
            ByteBuffer again = ByteBuffer.allocate(blockSize).order(ByteOrder.LITTLE_ENDIAN);
            for (int attempt = 1; attempt <= REREADS; attempt++) {
                again.clear();
                while (again.hasRemaining()) {
                    if (channel.read(again, block * blockSize + again.position()) < 0) {
                        // Cut off meanwhile; recovery will do the same.
                        return true;
                    }
                }
                again.flip();
                page.duplicate().put(again.duplicate());
                if (isSound(again, block)) {
                    return true;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            return false;
        }

        private boolean isSound(ByteBuffer page, long block) {
            page.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
            boolean initialized = words[3] >>> 16 != 0;
            if (!initialized) {
                return isZero();
            }
            Lsn lsn = new Lsn((long) words[0] << 32 | Integer.toUnsignedLong(words[1]));
            if (lsn.isAtLeast(start)) {
                return true;
            }
            return PageChecksum.of(words, firstBlock + (int) block) == (words[2] & 0xFFFF);
        }

        private boolean isZero() {
            int any = 0;
            for (int word : words) {
                any |= word;
            }
            return any == 0;
        }
    }
}
