package io.walarchiver.backup.retention;

import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;

/** Which WAL files go. Pure, and safe for many threads. */
interface WalRule {

    /** What becomes of a file. */
    WalVerdict judge(WalFileName file);

    /** True when every file of the directory of this log stays, so that nobody has to look into it. */
    boolean keepsAllOf(Timeline timeline, int log);

    /** True when every file stays. */
    default boolean keepsAll() {
        return false;
    }

    /** All files stay. */
    record KeepAll(String why) implements WalRule {
        @Override
        public WalVerdict judge(WalFileName file) {
            return WalVerdict.keep(why);
        }

        @Override
        public boolean keepsAllOf(Timeline timeline, int log) {
            return true;
        }

        @Override
        public boolean keepsAll() {
            return true;
        }
    }

    /** Only what goes by both rules goes. */
    record Both(WalRule first, WalRule second) implements WalRule {
        @Override
        public WalVerdict judge(WalFileName file) {
            WalVerdict verdict = first.judge(file);
            return verdict.isDeletion() ? second.judge(file) : verdict;
        }

        @Override
        public boolean keepsAllOf(Timeline timeline, int log) {
            return first.keepsAllOf(timeline, log) || second.keepsAllOf(timeline, log);
        }

        @Override
        public boolean keepsAll() {
            return first.keepsAll() || second.keepsAll();
        }
    }
}
