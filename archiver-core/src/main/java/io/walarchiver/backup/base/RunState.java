package io.walarchiver.backup.base;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is known about a backup while it is taken. Written by one step after the other, read by anybody. */
final class RunState {

    private static final Logger LOG = LoggerFactory.getLogger(RunState.class);

    private final Optional<String> name;
    private final BackupObserver observer;
    private final BackupCounters counters = new BackupCounters();
    private final Instant startedAt = Instant.now();
    private final long startNanos = System.nanoTime();
    private volatile BackupPhase phase = BackupPhase.CONNECTING;
    private volatile Instant phaseSince = startedAt;
    private volatile long copyStartNanos;
    private volatile Duration copyTime = Duration.ZERO;
    private volatile @Nullable ServerFacts facts;
    private volatile @Nullable BackupId id;
    private volatile @Nullable BackupStart start;
    private volatile @Nullable BackupStop stop;

    RunState(Optional<String> name, BackupObserver observer) {
        this.name = name;
        this.observer = observer;
    }

    BackupCounters counters() {
        return counters;
    }

    void connected(ServerFacts known) {
        facts = known;
    }

    void named(BackupId given) {
        id = given;
    }

    void started(BackupStart known) {
        start = known;
    }

    void stopped(BackupStop known) {
        stop = known;
    }

    void enter(BackupPhase next) {
        long now = System.nanoTime();
        if (phase == BackupPhase.COPYING) {
            copyTime = Duration.ofNanos(now - copyStartNanos);
        }
        if (next == BackupPhase.COPYING) {
            copyStartNanos = now;
        }
        phase = next;
        phaseSince = Instant.now();
        observer.phaseBegan(progress());
    }

    void partStored(long bytes) {
        counters.bytesStored(bytes);
        observer.progressed(progress());
    }

    void pageIsDamaged(DamagedPage page) {
        if (counters.damaged(page)) {
            LOG.atWarn().addKeyValue("page", page).log("a page does not have the checksum it carries");
        }
        observer.pageIsDamaged(page);
    }

    BackupPhase phase() {
        return phase;
    }

    Optional<BackupId> id() {
        return Optional.ofNullable(id);
    }

    ServerFacts facts() {
        return require(facts);
    }

    private static <T> T require(@Nullable T known) {
        if (known == null) {
            throw new IllegalStateException("not known yet");
        }
        return known;
    }

    BackupProgress progress() {
        ServerFacts known = facts;
        boolean copying = phase == BackupPhase.COPYING;
        return new BackupProgress(
                id(),
                name,
                phase,
                startedAt,
                phaseSince,
                copying ? Duration.ofNanos(System.nanoTime() - copyStartNanos) : copyTime,
                counters.files(),
                counters.bytesRead(),
                known == null ? 0 : known.clusterSizeBytes(),
                counters.bytesStored(),
                counters.damagedPages());
    }

    /**
     * The segment that must be in the archive for the backup to be of use. An end exactly on a boundary needs nothing of
     * the segment that begins there.
     */
    WalSegmentName lastNeededSegment() {
        BackupStop end = require(stop);
        boolean boundary = offset(end.lsn()) == 0;
        return segment(end.timeline(), boundary ? new Lsn(end.lsn().value() - 1) : end.lsn());
    }

    private WalSegmentName segment(Timeline timeline, Lsn lsn) {
        return WalSegmentName.containing(timeline, lsn, facts().segmentSize());
    }

    private long offset(Lsn lsn) {
        return Long.remainderUnsigned(lsn.value(), facts().segmentSize().bytes());
    }

    private LogPosition position(Timeline timeline, Lsn lsn, Instant time) {
        return new LogPosition(
                Optional.of(time), Optional.of(lsn), Optional.of(segment(timeline, lsn)), OptionalLong.of(offset(lsn)));
    }

    /** The record: {@link BackupStatus#DONE} without an error, or {@link BackupStatus#FAILED} and nothing of the end. */
    BackupInfo record(Optional<String> error) {
        ServerFacts known = facts();
        BackupStart begin = start;
        BackupStop end = error.isPresent() ? null : require(stop);
        return new BackupInfo(
                error.isPresent() ? BackupStatus.FAILED : BackupStatus.DONE,
                name,
                error,
                begin == null ? LogPosition.UNKNOWN : position(begin.timeline(), begin.lsn(), begin.time()),
                end == null ? LogPosition.UNKNOWN : position(end.timeline(), end.lsn(), end.time()),
                Optional.ofNullable(begin).map(BackupStart::timeline),
                OptionalInt.of(known.version()),
                Optional.of(Long.toUnsignedString(known.systemIdentifier())),
                known.segmentSize().bytes(),
                Optional.of(known.dataDirectory()),
                known.tablespaces(),
                Map.of(
                        "config_file", known.configFile(),
                        "hba_file", known.hbaFile(),
                        "ident_file", known.identFile()),
                known.includedFiles(),
                Optional.ofNullable(stop).map(BackupStop::label),
                Optional.of(known.clusterSizeBytes()),
                new TreeMap<>());
    }

    CompletedBackup completed() {
        ServerFacts known = facts();
        BackupStart begin = require(start);
        BackupStop end = require(stop);
        return new CompletedBackup(
                require(id),
                name,
                known.version(),
                known.systemIdentifier(),
                begin.timeline(),
                begin.time(),
                end.time(),
                begin.lsn(),
                end.lsn(),
                segment(begin.timeline(), begin.lsn()),
                segment(end.timeline(), end.lsn()),
                known.inRecovery(),
                known.tablespaces(),
                end.label(),
                counters.files(),
                counters.bytesRead(),
                counters.bytesStored(),
                Duration.ofNanos(System.nanoTime() - startNanos),
                counters.damagedPages());
    }
}
