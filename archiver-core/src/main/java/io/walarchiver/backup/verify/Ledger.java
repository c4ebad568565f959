package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.verify.Finding.Severity;
import io.walarchiver.backup.verify.VerificationReport.Counts;
import io.walarchiver.backup.verify.VerificationReport.Unchecked;
import io.walarchiver.backup.verify.VerificationReport.Verdict;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything a verification has come across so far. Safe for many threads. */
final class Ledger {

    /** A store that fails for so many objects in a row will fail for the rest, too; hours of waiting would tell no more. */
    static final int MAX_CONSECUTIVE_FAILURES = 20;

    private static final Logger log = LoggerFactory.getLogger(Ledger.class);

    private final VerificationObserver observer;
    private final Map<Severity, Long> found = new EnumMap<>(Severity.class);
    private final Map<Severity, List<Finding>> findings = new EnumMap<>(Severity.class);
    private final List<Unchecked> unchecked = new ArrayList<>();
    private final Set<BackupId> backups = new HashSet<>();
    private long archives;
    private long members;
    private long walFiles;
    private long storedBytes;
    private long contentBytes;
    private long uncheckedCount;
    private long vanished;
    private int consecutiveFailures;
    private @Nullable String stopped;

    Ledger(VerificationObserver observer) {
        this.observer = observer;
    }

    void add(Finding finding) {
        synchronized (this) {
            found.merge(finding.severity(), 1L, Long::sum);
            List<Finding> kept = findings.computeIfAbsent(finding.severity(), unused -> new ArrayList<>());
            if (kept.size() < VerificationReport.MAX_FINDINGS) {
                kept.add(finding);
            }
        }
        observer.found(finding);
    }

    /** A WAL object was read to its end. */
    void readWal(ObjectKey key, long stored, long content, boolean sound) {
        synchronized (this) {
            walFiles++;
            read(stored, content);
        }
        if (sound) {
            observer.sound(key, stored, content);
        }
    }

    /** An object of a backup was read to its end. */
    void readArchive(BackupId backup, ObjectKey key, long stored, long content, long memberCount, boolean sound) {
        synchronized (this) {
            backups.add(backup);
            archives++;
            members += memberCount;
            read(stored, content);
        }
        if (sound) {
            observer.sound(key, stored, content);
        }
    }

    private void read(long stored, long content) {
        storedBytes += stored;
        contentBytes += content;
        consecutiveFailures = 0;
    }

    /** An object could not be read; usually because the store did not give it. */
    void addUnchecked(ObjectKey key, Throwable failure) {
        String reason = failure instanceof StoreException ? String.valueOf(failure.getMessage()) : failure.toString();
        if (!(failure instanceof StoreException)) {
            log.warn("Reading {} failed in an unexpected way", key, failure);
        }
        synchronized (this) {
            uncheckedCount++;
            if (unchecked.size() < VerificationReport.MAX_UNCHECKED) {
                unchecked.add(new Unchecked(key.value(), reason));
            }
            consecutiveFailures++;
            if (consecutiveFailures == MAX_CONSECUTIVE_FAILURES && stopped == null) {
                stopped = "the store failed for " + consecutiveFailures + " objects in a row, last for " + key + ": "
                        + reason;
            }
        }
        observer.unchecked(key, reason);
    }

    synchronized void addVanished() {
        vanished++;
        consecutiveFailures = 0;
    }

    synchronized void stop(String reason) {
        if (stopped == null) {
            stopped = reason;
        }
    }

    synchronized boolean isStopped() {
        return stopped != null;
    }

    synchronized Optional<String> stopped() {
        return Optional.ofNullable(stopped);
    }

    synchronized Verdict verdict() {
        if (found.getOrDefault(Severity.ERROR, 0L) > 0) {
            return Verdict.DAMAGED;
        }
        return stopped != null || uncheckedCount > 0 ? Verdict.INCOMPLETE : Verdict.GOOD;
    }

    synchronized Counts counts() {
        return new Counts(
                backups.size(), archives, members, walFiles, storedBytes, contentBytes, uncheckedCount, vanished);
    }

    synchronized Map<Severity, Long> found() {
        return Map.copyOf(found);
    }

    /** The first findings of each severity, the worst first. */
    synchronized List<Finding> findings() {
        List<Finding> worstFirst = new ArrayList<>();
        for (Severity severity : Severity.values()) {
            worstFirst.addAll(findings.getOrDefault(severity, List.of()));
        }
        return List.copyOf(worstFirst.subList(0, Math.min(worstFirst.size(), VerificationReport.MAX_FINDINGS)));
    }

    synchronized List<Unchecked> unchecked() {
        return List.copyOf(unchecked);
    }
}
