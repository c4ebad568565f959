package io.walarchiver.archive;

import io.walarchiver.wal.WalFileName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * What is to be archived next: files PostgreSQL asked for, in the order of asking, before look-ahead files in archiving
 * order. Each file is at most once in work; a question about a file in work waits for that work's result.
 *
 * <p>Look-ahead stops at the first failure and resumes with the next success of an asked file, so that a store in
 * trouble is not asked the same thing by every ready file.
 *
 * <p>Safe for many threads; nothing here blocks, and no subscriber is called under the lock.
 */
final class ArchiveQueue {

    /** One file in work. */
    final class Work {
        private final WalFileName name;
        private final List<MonoSink<ArchivedFile>> askers = new ArrayList<>();
        private volatile boolean asked;

        private Work(WalFileName name) {
            this.name = name;
        }

        WalFileName name() {
            return name;
        }

        /** True once PostgreSQL asked for it; may become true while in work. */
        boolean asked() {
            return asked;
        }

        /** Answers whoever asked, and frees the name. */
        void succeed(ArchivedFile file) {
            List<MonoSink<ArchivedFile>> answered = finish(this, true, false);
            answered.forEach(asker -> asker.success(file));
        }

        /**
         * Answers whoever asked, and frees the name.
         *
         * @param aboutThisFile true when the failure says nothing about other files
         */
        void fail(ArchiveException failure, boolean aboutThisFile) {
            List<MonoSink<ArchivedFile>> answered = finish(this, false, aboutThisFile);
            answered.forEach(asker -> asker.error(failure));
        }
    }

    private record Taker(boolean askedOnly, MonoSink<Work> sink) {}

    private final Map<WalFileName, Work> asked = new LinkedHashMap<>();
    private final TreeSet<WalFileName> ahead = new TreeSet<>();
    private final Map<WalFileName, Work> inWork = new HashMap<>();
    private final Set<WalFileName> unusable = new HashSet<>();
    private final Deque<Taker> takers = new ArrayDeque<>();
    private boolean aheadPaused;

    /** Asks for a file. Completes with the result of the next attempt to archive it, or of the one under way. */
    Mono<ArchivedFile> ask(WalFileName name) {
        return Mono.create(sink -> {
            synchronized (this) {
                Work work = inWork.get(name);
                if (work == null) {
                    work = asked.computeIfAbsent(name, Work::new);
                    ahead.remove(name);
                }
                work.asked = true;
                work.askers.add(sink);
            }
            sink.onDispose(() -> withdraw(name, sink));
            hand();
        });
    }

    private synchronized void withdraw(WalFileName name, MonoSink<ArchivedFile> asker) {
        Work waiting = asked.get(name);
        if (waiting != null && waiting.askers.remove(asker) && waiting.askers.isEmpty()) {
            asked.remove(name);
        }
    }

    /** Replaces the look-ahead files. */
    void offer(Collection<WalFileName> names) {
        synchronized (this) {
            ahead.clear();
            unusable.retainAll(names);
            for (WalFileName name : names) {
                if (!inWork.containsKey(name) && !asked.containsKey(name) && !unusable.contains(name)) {
                    ahead.add(name);
                }
            }
        }
        hand();
    }

    /** Waits for work. Whoever takes it must end it with {@link Work#succeed} or {@link Work#fail}. */
    Mono<Work> take(boolean askedOnly) {
        return Mono.<Work>create(sink -> {
                    Taker taker = new Taker(askedOnly, sink);
                    sink.onCancel(() -> {
                        synchronized (this) {
                            takers.remove(taker);
                        }
                    });
                    synchronized (this) {
                        takers.addLast(taker);
                    }
                    hand();
                })
                .doOnDiscard(Work.class, this::putBack);
    }

    private void putBack(Work work) {
        synchronized (this) {
            inWork.remove(work.name);
            if (!work.askers.isEmpty()) {
                asked.put(work.name, work);
            }
        }
        hand();
    }

    private void hand() {
        while (true) {
            Taker taker = null;
            Work work = null;
            synchronized (this) {
                for (Taker candidate : takers) {
                    work = next(candidate.askedOnly);
                    if (work != null) {
                        taker = candidate;
                        break;
                    }
                }
                if (taker == null || work == null) {
                    return;
                }
                takers.remove(taker);
                inWork.put(work.name, work);
            }
            taker.sink.success(work);
        }
    }

    private @Nullable Work next(boolean askedOnly) {
        if (!asked.isEmpty()) {
            WalFileName first = asked.keySet().iterator().next();
            return asked.remove(first);
        }
        if (askedOnly || aheadPaused) {
            return null;
        }
        WalFileName first = ahead.pollFirst();
        return first == null ? null : new Work(first);
    }

    private List<MonoSink<ArchivedFile>> finish(Work work, boolean success, boolean aboutThisFile) {
        List<MonoSink<ArchivedFile>> answered;
        synchronized (this) {
            inWork.remove(work.name);
            if (success) {
                unusable.remove(work.name);
                if (work.asked) {
                    aheadPaused = false;
                }
            } else if (aboutThisFile) {
                unusable.add(work.name);
            } else {
                aheadPaused = true;
            }
            answered = List.copyOf(work.askers);
        }
        hand();
        return answered;
    }

    /** How many files are in work. */
    synchronized int inWork() {
        return inWork.size();
    }
}
