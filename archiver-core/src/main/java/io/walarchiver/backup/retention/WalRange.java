package io.walarchiver.backup.retention;

import io.walarchiver.backup.retention.WalTree.StoredWal;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;

/**
 * WAL files that go for the same reason, with none between them that stays.
 *
 * @param first       by name
 * @param last        by name
 * @param objects     how many there are; a file in two compressions counts twice
 * @param bytes       their size, as stored
 * @param explanation why they go, for people
 */
public record WalRange(WalFileName first, WalFileName last, long objects, long bytes, String explanation) {

    static WalRange of(StoredWal stored) {
        return new WalRange(
                stored.file(),
                stored.file(),
                1,
                stored.object().size(),
                stored.verdict().explanation());
    }

    boolean goesOnWith(StoredWal next) {
        return next.verdict().isDeletion()
                && next.verdict().explanation().equals(explanation)
                && next.file().timeline().equals(last.timeline())
                // A directory between may have been passed over because all of it stays.
                && Integer.toUnsignedLong(log(next.file())) <= Integer.toUnsignedLong(log(last)) + 1;
    }

    WalRange plus(StoredWal next) {
        return new WalRange(
                first, next.file(), objects + 1, bytes + next.object().size(), explanation);
    }

    private static int log(WalFileName file) {
        return WalSegmentName.parse(file.toString().substring(0, WalSegmentName.LENGTH))
                .log();
    }
}
