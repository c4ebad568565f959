package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.verify.Gap.Effect;
import io.walarchiver.backup.verify.TimelinePath.Section;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Follows each backup along the timelines that hold it. */
final class Recovery {

    private final SegmentSize size;
    private final Map<Timeline, TimelineInventory> timelines;
    private final List<Backup> backups;

    /** The ways to all timelines there are, to the newest one first. */
    private final List<TimelinePath> paths;

    private final Required onNewest = new Required();
    private final Required onAny = new Required();

    Recovery(WalInventory inventory, TimelineHistories histories, Collection<? extends CatalogEntry> catalog) {
        this.size = inventory.segmentSize();
        this.timelines = inventory.timelines().stream()
                .collect(Collectors.toMap(TimelineInventory::timeline, timeline -> timeline));
        this.backups = catalog.stream()
                .flatMap(entry -> Backup.of(entry, size).stream())
                .sorted(Comparator.comparing(Backup::id))
                .toList();
        SortedSet<Timeline> known = new TreeSet<>(Comparator.reverseOrder());
        known.addAll(timelines.keySet());
        known.addAll(histories.sound().keySet());
        backups.forEach(backup -> known.add(backup.timeline()));
        this.paths = known.stream()
                .map(timeline -> TimelinePath.of(histories.of(timeline), size))
                .toList();
    }

    /**
     * A backup that may be restored.
     *
     * @param begin number of the first segment it needs
     * @param last  number of the last segment it needs
     */
    private record Backup(
            BackupId id, Timeline timeline, long begin, long last, Lsn end, Optional<Instant> endTime, boolean alone) {

        static Optional<Backup> of(CatalogEntry entry, SegmentSize size) {
            if (!(entry instanceof CatalogEntry.Readable readable)
                    || !readable.info().isUsable()
                    || !readable.missingArchives().isEmpty()
                    || readable.info().segmentSizeBytes() != size.bytes()) {
                return Optional.empty();
            }
            BackupInfo info = readable.info();
            Optional<WalSegmentName> begin =
                    info.begin().segment().filter(name -> name.segment() < size.segmentsPerLog());
            Optional<Lsn> end = info.end().lsn().filter(lsn -> lsn.value() != 0);
            if (begin.isEmpty() || end.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(new Backup(
                    entry.id(),
                    info.timeline().orElse(begin.get().timeline()),
                    SegmentRange.numberOf(begin.get(), size),
                    // The end is the position behind the last byte needed; on a boundary nothing of its segment is.
                    SegmentRange.numberOf(new Lsn(end.get().value() - 1), size),
                    end.get(),
                    info.end().time(),
                    entry.keep().filter(KeepTarget.STANDALONE::equals).isPresent()));
        }

        /** The sections of a path from this backup on; none when the path does not hold all of the backup. */
        List<Section> sections(TimelinePath path) {
            List<Section> sections = path.from(timeline);
            boolean holds = !sections.isEmpty()
                    && sections.get(0).first() <= begin
                    && end.compareTo(sections.get(0).begin()) > 0
                    && sections.get(0).left().map(left -> left.isAtLeast(end)).orElse(true);
            return holds ? sections : List.of();
        }
    }

    Recoverability assess() {
        List<RecoverableRange> ranges = new ArrayList<>();
        List<UnrecoverableBackup> unrecoverable = new ArrayList<>();
        for (Backup backup : backups) {
            boolean newest = true;
            for (TimelinePath path : paths) {
                List<Section> sections = backup.sections(path);
                if (sections.isEmpty()) {
                    continue;
                }
                if (newest) {
                    Walk walk = new Walk(backup.begin(), sections);
                    walk.go();
                    if (walk.to.isAtLeast(backup.end())) {
                        ranges.add(walk.range(backup, path));
                    } else {
                        unrecoverable.add(new UnrecoverableBackup(backup.id(), Optional.of(walk.missing())));
                    }
                    require(backup, sections, onNewest);
                }
                require(backup, sections, onAny);
                newest = false;
            }
            if (newest) {
                unrecoverable.add(new UnrecoverableBackup(backup.id(), Optional.empty()));
            }
        }
        return new Recoverability(ranges, unrecoverable, gaps());
    }

    private void require(Backup backup, List<Section> sections, Required required) {
        long limit = backup.alone() ? backup.last() : Long.MAX_VALUE;
        for (Section section : sections) {
            required.add(
                    section.timeline(), Math.max(backup.begin(), section.first()), Math.min(limit, section.last()));
        }
    }

    /** Goes from segment to segment until one is not there. */
    private final class Walk {

        private final List<Section> sections;
        private long next;
        private int at;
        private Lsn to = Lsn.INVALID;
        private boolean open;

        Walk(long begin, List<Section> sections) {
            this.sections = sections;
            this.next = begin;
        }

        void go() {
            for (at = 0; at < sections.size(); at++) {
                Section section = sections.get(at);
                if (at > 0) {
                    next = Math.max(next, section.first());
                }
                if (next <= section.last()) {
                    Optional<SegmentRange> range = inventory(section).flatMap(timeline -> timeline.rangeHolding(next));
                    long last = Math.min(range.map(SegmentRange::lastNumber).orElse(next - 1), section.last());
                    next = last + 1;
                    if (last < section.last()) {
                        break;
                    }
                }
            }
            to = reached();
        }

        private Lsn reached() {
            Section section = sections.get(at);
            Lsn whole = next == 0 ? Lsn.INVALID : SegmentRange.end(next - 1, size);
            WalSegmentName missing = missing();
            if (next == section.first() && at > 0) {
                // Nothing of this timeline is there; what its parent has of the same segment ends where it was left.
                Section parent = sections.get(at - 1);
                return stored(SegmentRange.name(parent.timeline(), next, size))
                        ? parent.left().orElse(whole)
                        : whole;
            }
            open = inventory(section)
                    .filter(timeline -> timeline.hasPartial(missing))
                    .isPresent();
            return open ? SegmentRange.end(next, size) : whole;
        }

        private boolean stored(WalSegmentName name) {
            return Optional.ofNullable(timelines.get(name.timeline()))
                    .filter(timeline -> timeline.rangeHolding(SegmentRange.numberOf(name, size))
                                    .isPresent()
                            || timeline.hasPartial(name))
                    .isPresent();
        }

        private Optional<TimelineInventory> inventory(Section section) {
            return Optional.ofNullable(timelines.get(section.timeline()));
        }

        WalSegmentName missing() {
            return SegmentRange.name(sections.get(at).timeline(), next, size);
        }

        RecoverableRange range(Backup backup, TimelinePath path) {
            Optional<SegmentRange> gap = open ? Optional.empty() : gap();
            Optional<Instant> archivedAt = gap.isPresent()
                    ? Optional.empty()
                    : inventory(sections.get(at))
                            .flatMap(TimelineInventory::newest)
                            .map(StoredSegment::lastModified);
            return new RecoverableRange(
                    backup.id(), path.target(), backup.end(), to, backup.endTime(), archivedAt, gap);
        }

        /** What is missing from here to the next segment that is there, on this timeline or a later one of the way. */
        private Optional<SegmentRange> gap() {
            Section section = sections.get(at);
            Optional<Long> later = inventory(section)
                    .flatMap(timeline -> timeline.ranges().stream()
                            .map(SegmentRange::firstNumber)
                            .filter(first -> first > next && first <= section.last())
                            .findFirst());
            if (later.isPresent()) {
                return Optional.of(SegmentRange.of(section.timeline(), next, later.get() - 1, size));
            }
            boolean goesOn = sections.subList(at + 1, sections.size()).stream()
                    .anyMatch(after ->
                            inventory(after).filter(t -> t.segments() > 0).isPresent());
            return goesOn
                    ? Optional.of(SegmentRange.of(section.timeline(), next, section.last(), size))
                    : Optional.empty();
        }
    }

    private List<Gap> gaps() {
        SortedSet<Timeline> concerned = new TreeSet<>(timelines.keySet());
        concerned.addAll(onAny.timelines());
        List<Gap> gaps = new ArrayList<>();
        for (Timeline timeline : concerned) {
            for (SegmentRange missing : missing(timeline)) {
                gaps.add(new Gap(missing, effect(missing)));
            }
        }
        return gaps;
    }

    /** What is missing between the first and the last segment that are there or needed, cut where needs begin or end. */
    private List<SegmentRange> missing(Timeline timeline) {
        @Nullable TimelineInventory inventory = timelines.get(timeline);
        List<SegmentRange> there = inventory == null ? List.of() : inventory.ranges();
        List<SegmentRange> missing = new ArrayList<>();
        SortedSet<Long> cuts = onAny.boundaries(timeline);
        long next = cuts.isEmpty() ? Long.MAX_VALUE : cuts.first();
        if (!there.isEmpty()) {
            next = Math.min(next, there.get(0).firstNumber());
        }
        for (SegmentRange range : there) {
            addCut(missing, timeline, next, range.firstNumber() - 1, cuts);
            next = range.lastNumber() + 1;
        }
        addCut(missing, timeline, next, onAny.last(timeline), cuts);
        return missing;
    }

    private void addCut(List<SegmentRange> missing, Timeline timeline, long first, long last, SortedSet<Long> cuts) {
        if (first > last) {
            return;
        }
        long from = first;
        for (long cut : cuts.subSet(first + 1, last + 1)) {
            missing.add(SegmentRange.of(timeline, from, cut - 1, size));
            from = cut;
        }
        missing.add(SegmentRange.of(timeline, from, last, size));
    }

    private Effect effect(SegmentRange missing) {
        if (backups.isEmpty()) {
            return Effect.UNKNOWN;
        }
        if (onNewest.holdsAnyOf(missing)) {
            return Effect.BREAKS_RECOVERY;
        }
        return onAny.holdsAnyOf(missing) ? Effect.ABANDONED_TIMELINE : Effect.HARMLESS;
    }

    /** Which segments backups need. For each end, the earliest beginning is enough. */
    private static final class Required {

        private final Map<Timeline, TreeMap<Long, Long>> firstByLast = new TreeMap<>();

        void add(Timeline timeline, long first, long last) {
            if (first <= last) {
                long earliest = firstByLast
                        .computeIfAbsent(timeline, unused -> new TreeMap<>())
                        .merge(last, first, Math::min);
                assert earliest <= first;
            }
        }

        Collection<Timeline> timelines() {
            return firstByLast.keySet();
        }

        /** Where needs begin, and what is behind the last segment of one that ends. */
        SortedSet<Long> boundaries(Timeline timeline) {
            SortedSet<Long> boundaries = new TreeSet<>(all(timeline).values());
            all(timeline).keySet().stream()
                    .filter(last -> last != Long.MAX_VALUE)
                    .forEach(last -> boundaries.add(last + 1));
            return boundaries;
        }

        /** The last segment that is known to be needed; -1 when there is none. */
        long last(Timeline timeline) {
            return all(timeline).keySet().stream()
                    .mapToLong(last -> last)
                    .filter(last -> last != Long.MAX_VALUE)
                    .max()
                    .orElse(-1);
        }

        boolean holdsAnyOf(SegmentRange range) {
            return all(range.timeline()).entrySet().stream()
                    .anyMatch(needed ->
                            needed.getValue() <= range.lastNumber() && needed.getKey() >= range.firstNumber());
        }

        private Map<Long, Long> all(Timeline timeline) {
            return firstByLast.getOrDefault(timeline, new TreeMap<>());
        }
    }
}
