package io.walarchiver.backup.base;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What a backup has done so far. For many threads. */
final class BackupCounters {

    private static final int REMEMBERED = 10;

    private final LongAdder files = new LongAdder();
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesStored = new LongAdder();
    private final LongAdder damagedPages = new LongAdder();
    private final List<DamagedPage> firstDamaged = new ArrayList<>();

    void fileOpened() {
        files.increment();
    }

    void bytesRead(long count) {
        bytesRead.add(count);
    }

    void bytesStored(long count) {
        bytesStored.add(count);
    }

    /** True for the first few. */
    boolean damaged(DamagedPage page) {
        damagedPages.increment();
        synchronized (firstDamaged) {
            return firstDamaged.size() < REMEMBERED && firstDamaged.add(page);
        }
    }

    long files() {
        return files.sum();
    }

    long bytesRead() {
        return bytesRead.sum();
    }

    long bytesStored() {
        return bytesStored.sum();
    }

    long damagedPages() {
        return damagedPages.sum();
    }

    /** The first few of them. */
    List<DamagedPage> firstDamaged() {
        synchronized (firstDamaged) {
            return List.copyOf(firstDamaged);
        }
    }
}
