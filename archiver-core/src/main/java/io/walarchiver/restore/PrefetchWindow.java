package io.walarchiver.restore;

import io.walarchiver.restore.RestoreObserver.DropReason;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which segments ahead of replay are wanted, under way and in the spool. Bookkeeping only: no files, no threads.
 *
 * <p>The window begins behind the segment restored last and is continuous, on one timeline. It moves when an asked
 * segment has been restored, never on a question alone: PostgreSQL also asks for segments of timelines that do not have
 * them, and that must not cost what is spooled. Safe for many threads.
 */
final class PrefetchWindow {

    private final RestoreSettings.Prefetch settings;
    private final KnownCluster cluster;
    private final RestoreObserver observer;
    private final ReplayPace pace;
    private final NavigableMap<WalSegmentName, Ahead> underWay = new TreeMap<>();
    private final NavigableMap<WalSegmentName, Spooled> spooled = new TreeMap<>();
    private final List<Path> unwanted = new ArrayList<>();
    private final List<Ahead> withdrawn = new ArrayList<>();
    private final List<WalSegmentName> asked = new ArrayList<>();
    private boolean open;
    private int askedAndFetching;
    private @Nullable WalSegmentName position;
    private @Nullable WalSegmentName absent;
    private long absentUntil;
    private long pausedUntil;
    private boolean paused;
    private long lastAsked;
    private long begun;
    private long hits;
    private long misses;

    /** A prefetched file, complete and verified. */
    record Spooled(WalSegmentName name, Path path, RestoredFile file) {}

    PrefetchWindow(RestoreSettings.Prefetch settings, KnownCluster cluster, RestoreObserver observer, int lanes) {
        this.settings = settings;
        this.cluster = cluster;
        this.observer = observer;
        this.pace = new ReplayPace(lanes);
    }

    /** From now on there is a spool and somebody to fill it. */
    synchronized void open(long now) {
        open = true;
        lastAsked = now;
    }

    /** There is no spool any more; what was in it is forgotten. */
    void close() {
        synchronized (this) {
            open = false;
            position = null;
            clear();
            unwanted.clear();
        }
        tellWithdrawn();
    }

    private void clear() {
        spooled.values().forEach(file -> unwanted.add(file.path()));
        spooled.clear();
        List.copyOf(underWay.values()).forEach(this::withdraw);
        absent = null;
    }

    private void withdraw(Ahead ahead) {
        underWay.remove(ahead.name());
        withdrawn.add(ahead);
    }

    /** Tells those who fetch, and never while holding the lock: they answer on this thread, and begin something new. */
    private void tellWithdrawn() {
        List<Ahead> told;
        synchronized (this) {
            told = List.copyOf(withdrawn);
            withdrawn.clear();
        }
        told.forEach(Ahead::withdraw);
    }

    /** A segment is asked for: until {@link #answered} it is nothing to be fetched ahead. */
    synchronized WalSegmentName asked(WalSegmentName name, long now) {
        lastAsked = now;
        pace.asked(now);
        asked.add(name);
        return name;
    }

    /** The question is answered, failed or given up. */
    synchronized void answered(WalSegmentName name) {
        asked.remove(name);
    }

    /** Takes the file out of the spool; it belongs to the caller then. */
    synchronized Optional<Spooled> claim(WalSegmentName name) {
        return Optional.ofNullable(spooled.remove(name));
    }

    /**
     * The fetch to wait for, when it has its memory. One that still waits for memory is withdrawn: an asked segment is
     * served before it, so starting afresh is faster.
     */
    Optional<Ahead> join(WalSegmentName name) {
        synchronized (this) {
            Ahead ahead = underWay.get(name);
            if (ahead == null) {
                return Optional.empty();
            }
            if (ahead.hasBegun()) {
                pace.late(maxDepth());
                return Optional.of(ahead);
            }
            withdraw(ahead);
        }
        tellWithdrawn();
        return Optional.empty();
    }

    /**
     * Gives up the fetch that holds memory and whose segment is needed last, because somebody who cannot wait needs the
     * memory. Never the one an asked segment waits for. It is fetched again when its turn comes.
     */
    void yieldMemory() {
        synchronized (this) {
            for (Ahead ahead : underWay.descendingMap().values()) {
                if (ahead.hasBegun() && !asked.contains(ahead.name())) {
                    withdraw(ahead);
                    break;
                }
            }
        }
        tellWithdrawn();
    }

    /** An asked segment is being fetched now; nothing new is begun beside it. */
    synchronized void enterAsked() {
        askedAndFetching++;
    }

    synchronized void leaveAsked() {
        askedAndFetching--;
    }

    /** An asked segment was restored: the window moves behind it. */
    void restored(WalSegmentName name, RestoredFile file, long now) {
        move(name, file, now);
        tellWithdrawn();
    }

    private synchronized void move(WalSegmentName name, RestoredFile file, long now) {
        boolean hit = file.source() == RestoredFile.Source.PREFETCHED;
        boolean expected = isNext(name);
        if (hit) {
            hits++;
            pace.inTime();
        } else {
            misses++;
            pace.fetched(file.stages().total());
            if (expected) {
                pace.late(maxDepth());
            }
        }
        pace.answered(now);
        WalSegmentName before = position;
        if (before != null && !before.timeline().equals(name.timeline())) {
            tellDropped(spooled.size(), DropReason.TIMELINE_CHANGED);
            clear();
        } else if (before != null && name.compareTo(before) < 0) {
            tellDropped(spooled.size(), DropReason.JUMPED_BACK);
            clear();
        } else {
            dropPassed(name);
        }
        if (absent != null && absent.compareTo(name) <= 0) {
            absent = null;
        }
        position = name;
    }

    private boolean isNext(WalSegmentName name) {
        WalSegmentName before = position;
        return before != null
                && cluster.segmentSize()
                        .map(size -> before.next(size).equals(name))
                        .orElse(false);
    }

    private void dropPassed(WalSegmentName name) {
        NavigableMap<WalSegmentName, Spooled> passed = spooled.headMap(name, true);
        passed.values().forEach(file -> unwanted.add(file.path()));
        int dropped = passed.size();
        passed.clear();
        List.copyOf(underWay.headMap(name, true).values()).forEach(this::withdraw);
        tellDropped(dropped, DropReason.PASSED);
    }

    private void tellDropped(int files, DropReason reason) {
        if (files > 0) {
            observer.spoolDropped(files, reason);
        }
    }

    /** Drops everything when nobody asked for a while; returns whether it did. */
    boolean expire(long now) {
        synchronized (this) {
            if (position == null || now - lastAsked < settings.idleTimeout().toNanos()) {
                return false;
            }
            position = null;
            tellDropped(spooled.size(), DropReason.IDLE);
            clear();
        }
        tellWithdrawn();
        return true;
    }

    /** True when {@link #begin} would return something, or files wait to be deleted. */
    synchronized boolean hasWork(long now) {
        return !unwanted.isEmpty() || candidate(now).isPresent();
    }

    /** Files to delete. Told once. */
    synchronized List<Path> takeUnwanted() {
        List<Path> files = List.copyOf(unwanted);
        unwanted.clear();
        return files;
    }

    /** A file in the spool that nobody needs. */
    synchronized void discard(Path file) {
        unwanted.add(file);
    }

    /** The next segment to fetch; it is under way from now on, until {@link #end}. */
    synchronized @Nullable Ahead begin(long now, Path directory) {
        Optional<WalSegmentName> name = candidate(now);
        if (name.isEmpty()) {
            return null;
        }
        Ahead ahead = new Ahead(name.get(), directory.resolve(name.get() + "-" + ++begun));
        underWay.put(ahead.name(), ahead);
        return ahead;
    }

    private Optional<WalSegmentName> candidate(long now) {
        Optional<SegmentSize> size = cluster.segmentSize();
        WalSegmentName name = position;
        boolean resting = paused && now - pausedUntil < 0;
        if (!open || askedAndFetching > 0 || resting || name == null || size.isEmpty()) {
            return Optional.empty();
        }
        if ((spooled.size() + underWay.size() + 1L) * size.get().bytes() > settings.maxBytes()) {
            return Optional.empty();
        }
        for (int depth = pace.depth(maxDepth()); depth > 0; depth--) {
            name = name.next(size.get());
            if (name.equals(absent) && now - absentUntil < 0) {
                return Optional.empty();
            }
            if (!spooled.containsKey(name) && !underWay.containsKey(name) && !asked.contains(name)) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
    }

    private int maxDepth() {
        return cluster.segmentSize()
                .map(size -> (int) Math.min(Integer.MAX_VALUE, settings.maxBytes() / size.bytes()))
                .orElse(0);
    }

    /** The store proved that the segment is not there: nothing at or behind it is tried for a while. */
    synchronized void absent(WalSegmentName name, long now) {
        if (absent == null || name.compareTo(absent) <= 0 || now - absentUntil >= 0) {
            absent = name;
            absentUntil = now + settings.pause().toNanos();
        }
    }

    /** Something else went wrong: nothing is tried for a while. */
    synchronized void pause(long now) {
        paused = true;
        pausedUntil = now + settings.pause().toNanos();
    }

    /** A fetch is over, however it ended; a complete file goes to the spool unless nobody wants it any more. */
    void end(Ahead ahead) {
        synchronized (this) {
            boolean wanted = underWay.remove(ahead.name(), ahead);
            ahead.result().ifPresent(file -> {
                pace.fetched(file.stages().total());
                if (wanted) {
                    spooled.put(ahead.name(), new Spooled(ahead.name(), ahead.path(), file));
                } else {
                    unwanted.add(ahead.path());
                }
            });
        }
        ahead.end();
    }

    /** The status, with what only others know. */
    synchronized RestoreStatus status(int consecutiveMisses, Optional<Last> last) {
        return new RestoreStatus(
                spooled.size(),
                spooled.values().stream()
                        .mapToLong(s -> s.file().originalBytes())
                        .sum(),
                underWay.size(),
                pace.depth(maxDepth()),
                hits,
                misses,
                consecutiveMisses,
                pace.segmentsPerSecond(),
                last.map(Last::name),
                last.map(Last::at));
    }

    /** The file restored last, and when. */
    record Last(WalFileName name, Instant at) {}

    /** How often to look whether anybody still asks. */
    Duration idleCheck() {
        return settings.idleTimeout().dividedBy(2);
    }
}
