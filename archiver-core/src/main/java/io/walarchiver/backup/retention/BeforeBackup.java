package io.walarchiver.backup.retention;

import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.Set;

/**
 * Which WAL goes along with a backup that somebody deletes: as for barman, what is before the next backup by name, unless
 * its timeline is that of another backup. Nobody expects more of the deletion of a single one.
 *
 * @param begin            where the next backup begins
 * @param otherTimelines of all other backups
 */
record BeforeBackup(WalSegmentName begin, Set<Timeline> otherTimelines) implements WalRule {

    BeforeBackup {
        otherTimelines = Set.copyOf(otherTimelines);
    }

    @Override
    public WalVerdict judge(WalFileName file) {
        if (otherTimelines.contains(file.timeline())) {
            return WalVerdict.keep("another backup is on its timeline");
        }
        // Text order: segments, and with them what is named after them, by timeline first.
        return file instanceof WalFileName.TimelineHistoryFile
                        || file.toString().compareTo(begin.toString()) >= 0
                ? WalVerdict.keep("not before " + begin)
                : WalVerdict.delete("before " + begin + ", where the next backup begins");
    }

    @Override
    public boolean keepsAllOf(Timeline timeline, int log) {
        return otherTimelines.contains(timeline) || new WalSegmentName(timeline, log, 0).compareTo(begin) >= 0;
    }
}
