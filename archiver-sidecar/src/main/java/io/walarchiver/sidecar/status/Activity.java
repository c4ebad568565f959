package io.walarchiver.sidecar.status;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.wal.WalFileName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Remembers the last files and the last failures, for people. Safe for many threads. */
public final class Activity {

    /** How many files and how many failures are remembered. */
    public static final int REMEMBERED = 50;

    private final Clock clock;
    private final Deque<Travel> archived = new ArrayDeque<>();
    private final Deque<Travel> restored = new ArrayDeque<>();
    private final Deque<Trouble> troubles = new ArrayDeque<>();

    public Activity(Clock clock) {
        this.clock = clock;
    }

    /**
     * A file that went through.
     *
     * @param at            when it was done
     * @param name          the WAL file
     * @param how           outcome or source, in snake case
     * @param asked         true when PostgreSQL asked, false when done ahead
     * @param originalBytes length of the file
     * @param storedBytes   length of the object
     * @param stagesMillis  milliseconds of each stage, in the order of the stages
     */
    public record Travel(
            Instant at,
            String name,
            String how,
            boolean asked,
            long originalBytes,
            long storedBytes,
            Map<String, Double> stagesMillis) {}

    /**
     * A failure.
     *
     * @param at      when
     * @param name    the WAL file
     * @param kind    for programs
     * @param message what happened and what to do
     */
    public record Trouble(Instant at, String name, String kind, String message) {}

    /** The last archived files, newest first. */
    public synchronized List<Travel> archived() {
        return List.copyOf(archived);
    }

    /** The last restored files, newest first. */
    public synchronized List<Travel> restored() {
        return List.copyOf(restored);
    }

    /** The last failures, newest first. */
    public synchronized List<Trouble> troubles() {
        return List.copyOf(troubles);
    }

    /** Feeds this memory from the archive pipeline. */
    public ArchiveObserver archiveObserver() {
        return new ArchiveObserver() {
            @Override
            public void archived(ArchivedFile file) {
                ArchivedFile.Stages stages = file.stages();
                Map<String, Double> millis = new LinkedHashMap<>();
                millis.put("read", millis(stages.read()));
                millis.put("compress", millis(stages.compress()));
                millis.put("put", millis(stages.put()));
                millis.put("total", millis(stages.total()));
                remember(
                        archived,
                        new Travel(
                                clock.instant(),
                                file.name().toString(),
                                file.outcome().name().toLowerCase(Locale.ROOT),
                                file.asked(),
                                file.originalBytes(),
                                file.storedBytes(),
                                millis));
            }

            @Override
            public void failed(WalFileName name, boolean asked, ArchiveException failure) {
                trouble(name, failure.kind(), failure);
            }
        };
    }

    /** Feeds this memory from the restore side. */
    public RestoreObserver restoreObserver() {
        return new RestoreObserver() {
            @Override
            public void restored(RestoredFile file) {
                RestoredFile.Stages stages = file.stages();
                Map<String, Double> millis = new LinkedHashMap<>();
                millis.put("get", millis(stages.get()));
                millis.put("decompress", millis(stages.decompress()));
                millis.put("deliver", millis(stages.deliver()));
                millis.put("total", millis(stages.total()));
                remember(
                        restored,
                        new Travel(
                                clock.instant(),
                                file.name().toString(),
                                file.source().name().toLowerCase(Locale.ROOT),
                                true,
                                file.originalBytes(),
                                file.storedBytes(),
                                millis));
            }

            @Override
            public void failed(WalFileName name, RestoreException failure) {
                trouble(name, failure.kind(), failure);
            }
        };
    }

    private void trouble(WalFileName name, String kind, Throwable failure) {
        remember(
                troubles,
                new Trouble(
                        clock.instant(),
                        name.toString(),
                        kind,
                        Failure.of(failure).message()));
    }

    private synchronized <T> void remember(Deque<T> memory, T item) {
        memory.addFirst(item);
        if (memory.size() > REMEMBERED) {
            memory.removeLast();
        }
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 10_000 / 100.0;
    }
}
