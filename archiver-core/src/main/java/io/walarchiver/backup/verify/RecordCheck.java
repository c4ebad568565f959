package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether the record of a backup that is done agrees with itself. Pure. */
final class RecordCheck {

    private final BackupInfo info;
    private final SegmentSize size;
    private final List<String> problems = new ArrayList<>();

    private RecordCheck(BackupInfo info) {
        this.info = info;
        this.size = new SegmentSize(info.segmentSizeBytes());
    }

    /** What is wrong, in words; nothing when it is sound. */
    static List<String> problems(BackupInfo info) {
        RecordCheck check = new RecordCheck(info);
        check.completeness();
        check.position("begin", info.begin());
        check.position("end", info.end());
        check.order();
        check.identity();
        check.tablespaces();
        return List.copyOf(check.problems);
    }

    private void completeness() {
        if (!info.isUsable()) {
            problems.add("it says that the backup is done, but lacks a time or a position, or tells an error");
        }
        if (info.serverVersion().isEmpty()) {
            problems.add("it does not tell the server's version, without which barman-cloud cannot restore it");
        }
    }

    private void position(String which, LogPosition position) {
        if (position.segment().isEmpty() || position.lsn().isEmpty()) {
            return;
        }
        WalSegmentName segment = position.segment().get();
        Lsn lsn = position.lsn().get();
        if (segment.segment() >= size.segmentsPerLog()) {
            problems.add(which + "_wal " + segment + " cannot be a segment of " + size);
            return;
        }
        boolean boundary = (lsn.value() & (size.bytes() - 1)) == 0;
        long named = SegmentRange.numberOf(segment, size);
        long meant = SegmentRange.numberOf(lsn, size);
        // Until version 17 the server's own function names the segment before a boundary.
        if (named != meant && !(boundary && named == meant - 1)) {
            problems.add(which + "_xlog " + lsn + " is not in " + which + "_wal " + segment);
        }
        if (position.offset().isPresent()
                && !boundary
                && position.offset().getAsLong() != (lsn.value() & (size.bytes() - 1))) {
            problems.add(
                    which + "_offset " + position.offset().getAsLong() + " is not that of " + which + "_xlog " + lsn);
        }
    }

    private void order() {
        Optional<Lsn> begin = info.begin().lsn();
        Optional<Lsn> end = info.end().lsn();
        if (begin.isPresent() && end.isPresent() && end.get().compareTo(begin.get()) <= 0) {
            problems.add("end_xlog " + end.get() + " is not behind begin_xlog " + begin.get());
        }
        if (info.duration().filter(duration -> duration.isNegative()).isPresent()) {
            problems.add("end_time is before begin_time");
        }
    }

    private void identity() {
        Optional<WalSegmentName> begin = info.begin().segment();
        Optional<Timeline> timeline = info.timeline();
        if (begin.isPresent() && timeline.isPresent() && !begin.get().timeline().equals(timeline.get())) {
            problems.add("timeline " + timeline.get() + " is not that of begin_wal " + begin.get());
        }
        info.systemIdentifier().ifPresent(text -> {
            try {
                long unused = Long.parseUnsignedLong(text);
            } catch (NumberFormatException e) {
                problems.add("systemid \"" + text + "\" is not a system identifier");
            }
        });
    }

    private void tablespaces() {
        Set<Long> oids = new HashSet<>();
        for (TablespaceLocation tablespace : info.tablespaces()) {
            if (!oids.add(tablespace.oid())) {
                problems.add("two tablespaces have the oid " + tablespace.oid());
            }
        }
    }
}
