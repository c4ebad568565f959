package io.walarchiver.backup.base;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.WalSegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One backup from the first question to the server to its record, or to the last trace of it that is cleaned up. Used
 * once.
 */
final class BackupRun {

    private static final Logger LOG = LoggerFactory.getLogger(BackupRun.class);

    private static final Duration WARNING_INTERVAL = Duration.ofMinutes(1);
    private static final int CLEAN_UP_AT_ONCE = 4;

    /** What a backup works with. */
    record Tools(
            BackupSettings settings,
            DataDirectory source,
            BackupCatalog catalog,
            ObjectStore store,
            Codec codec,
            BufferPool pool,
            WalPresence presence,
            BackupObserver observer,
            Scheduler fileIo,
            Scheduler compute,
            Scheduler timer,
            Duration cleanUpPatience) {}

    private final Tools tools;
    private final BackupSession session;
    private final PartBuffers buffers;
    private final BandwidthLimit bandwidth;
    private final RunState state;
    private final List<ArchiveUpload> archives = new CopyOnWriteArrayList<>();
    private final Sinks.Empty<Void> over = Sinks.empty();

    BackupRun(Tools tools, Optional<String> name, BackupSession session) {
        this.tools = tools;
        this.session = session;
        this.buffers = new PartBuffers(tools.pool(), tools.settings().jobs() + 1);
        this.bandwidth = new BandwidthLimit(tools.settings().bytesPerSecond(), tools.timer());
        this.state = new RunState(name, tools.observer());
    }

    BackupProgress progress() {
        return state.progress();
    }

    /** Completes when the backup is done, or given up and cleaned up after. */
    Mono<Void> over() {
        return over.asMono();
    }

    /** Takes the backup. Afterwards either {@link #settle} or {@link #giveUp} has to be done. */
    Mono<CompletedBackup> take() {
        return Mono.defer(() -> {
                    state.enter(BackupPhase.CONNECTING);
                    return session.connect();
                })
                .flatMap(facts -> {
                    state.connected(facts);
                    return BlockingWork.on(
                            tools.fileIo(), () -> ClusterFiles.of(tools.source().path(), facts, state.counters()));
                })
                .flatMap(files -> tools.catalog()
                        .newId(Instant::now, tools.timer())
                        .flatMap(this::begin)
                        .flatMap(start -> copy(files, start))
                        .then(Mono.defer(this::stop))
                        .flatMap(stop -> finish(files, stop))
                        .then(Mono.defer(this::record)))
                .onErrorMap(failure ->
                        BackupFailures.describe(failure, tools.store().location()))
                .checkpoint("base backup");
    }

    private Mono<BackupStart> begin(BackupId id) {
        state.named(id);
        state.enter(BackupPhase.STARTING);
        return session.start("Barman backup cloud " + id, tools.settings().fastCheckpoint())
                .doOnNext(state::started);
    }

    /** Everything that has to be read in backup mode. Afterwards no buffer is held. */
    private Mono<Void> copy(ClusterFiles files, BackupStart start) {
        state.enter(BackupPhase.COPYING);
        Optional<PageVerification> verification = verification(files, start);
        List<TablespaceLocation> tablespaces = state.facts().tablespaces();
        ArchiveUpload data = archive(new Archive.Data());
        // The data directory first: as a rule it takes longest.
        return Flux.range(0, tablespaces.size() + 1)
                .flatMap(
                        number -> number == 0
                                ? copyData(files, data, verification)
                                : copyTablespace(files, tablespaces.get(number - 1), verification),
                        tools.settings().jobs())
                // Younger than all data: it says how far recovery has to go.
                .then(Mono.defer(() -> data.add(files.controlFileAndConfiguration())))
                .then(Mono.fromRunnable(this::judgePages));
    }

    private Mono<Void> copyTablespace(
            ClusterFiles files, TablespaceLocation tablespace, Optional<PageVerification> verification) {
        ArchiveUpload archive = archive(new Archive.Tablespace(tablespace.oid()));
        return BlockingWork.on(tools.fileIo(), () -> files.tablespace(tablespace, verification))
                .flatMap(archive::add)
                .then(archive.finish());
    }

    private Mono<Void> copyData(ClusterFiles files, ArchiveUpload data, Optional<PageVerification> verification) {
        return BlockingWork.on(tools.fileIo(), () -> files.dataDirectory(verification))
                .flatMap(data::add);
    }

    private Optional<PageVerification> verification(ClusterFiles files, BackupStart start) {
        if (!files.hasChecksums() || tools.settings().checksums() == ChecksumPolicy.IGNORE) {
            return Optional.empty();
        }
        ServerFacts facts = state.facts();
        return Optional.of(new PageVerification(
                facts.blockSize(), facts.relationSegmentBlocks(), start.lsn(), state::pageIsDamaged));
    }

    private ArchiveUpload archive(Archive archive) {
        ArchiveUpload upload = new ArchiveUpload(
                archive,
                state.id().orElseThrow(),
                new ArchiveUpload.Tools(
                        tools.store(),
                        tools.settings(),
                        tools.codec(),
                        buffers,
                        tools.settings().partBytes(tools.pool().bufferBytes()),
                        bandwidth,
                        state::partStored,
                        tools.fileIo(),
                        tools.compute()));
        archives.add(upload);
        return upload;
    }

    private void judgePages() {
        long damaged = state.counters().damagedPages();
        if (damaged > 0 && tools.settings().checksums() == ChecksumPolicy.FAIL) {
            throw new BackupException.DamagedPages(damaged
                    + " pages of the cluster do not have the checksum they carry: "
                    + state.counters().firstDamaged().stream()
                            .map(DamagedPage::toString)
                            .collect(Collectors.joining(
                                    ", ",
                                    "",
                                    damaged > state.counters().firstDamaged().size() ? ", …" : ""))
                    + ". Its storage has lost or changed data; keep the backups you have, they may be sound");
        }
    }

    private Mono<BackupStop> stop() {
        state.enter(BackupPhase.STOPPING);
        return whileWarning(
                        session.stop(),
                        "the server waits until all WAL of the backup is archived; if that does not come to an end, see"
                                + " pg_stat_archiver and the log of what archives")
                .doOnNext(state::stopped);
    }

    private <T> Mono<T> whileWarning(Mono<T> waiting, String what) {
        Mono<T> warnings = Flux.interval(WARNING_INTERVAL, tools.timer())
                .onBackpressureDrop()
                .doOnNext(count -> warn(what, WARNING_INTERVAL.multipliedBy(count + 1)))
                .then(Mono.never());
        return Mono.firstWithSignal(waiting, warnings);
    }

    private void warn(String what, Duration waited) {
        LOG.atWarn()
                .addKeyValue("backup", state.id().orElseThrow())
                .addKeyValue("waited", waited)
                .log("the backup waits for WAL: {}", what);
        tools.observer().waitingForWal(what, waited);
    }

    private Mono<Void> finish(ClusterFiles files, BackupStop stop) {
        state.enter(BackupPhase.FINISHING);
        ArchiveUpload data = archives.get(0);
        return data.add(files.label(stop.label(), stop.time()))
                .then(data.finish())
                .then(Mono.defer(this::markEnd))
                // Waiting for another server's WAL may take an hour, and needs no session.
                .then(session.close())
                .then(Mono.defer(this::awaitWal));
    }

    /** A restore point by which one can recover to this moment. The backup is whole without it. */
    private Mono<Void> markEnd() {
        if (state.facts().inRecovery()) {
            return Mono.empty();
        }
        String point = "barman_" + state.id().orElseThrow();
        return session.createRestorePoint(point)
                // Closes the segment it is in.
                .then(session.switchWal())
                .onErrorResume(failure -> {
                    tools.observer().completedWithout("the restore point " + point, failure);
                    return Mono.empty();
                });
    }

    private Mono<Void> awaitWal() {
        if (state.facts().stopWaitsForArchive()) {
            return Mono.empty();
        }
        state.enter(BackupPhase.WAITING_FOR_WAL);
        WalSegmentName segment = state.lastNeededSegment();
        return whileWarning(
                        new ArchivedEnd(tools.presence(), tools.settings().walPatience(), tools.timer())
                                .await(segment)
                                .thenReturn(segment),
                        "WAL segment " + segment + " has to be archived by the primary")
                .then();
    }

    private Mono<CompletedBackup> record() {
        state.enter(BackupPhase.RECORDING);
        return tools.catalog()
                .write(state.id().orElseThrow(), state.record(Optional.empty()))
                .then(Mono.fromCallable(() -> {
                    CompletedBackup backup = state.completed();
                    state.enter(BackupPhase.COMPLETED);
                    tools.observer().completed(backup);
                    return backup;
                }));
    }

    /** After success: nothing is left to do but to say so. */
    Mono<Void> settle() {
        return step("ending the session", session.close());
    }

    /**
     * After failure and cancellation: ends the session, gives up what was being stored, and records the failure. Never
     * fails, and takes bounded time.
     */
    Mono<Void> giveUp(Throwable failure) {
        return Mono.defer(() -> {
            BackupPhase failedIn = state.phase();
            // At once: others wait for the buffers, and nobody reuses their memory.
            buffers.giveUp();
            return step("ending the session", session.close())
                    .then(eachArchive("closing an archive", ArchiveUpload::close))
                    .then(eachArchive("aborting an upload", ArchiveUpload::abort))
                    .then(Mono.defer(() -> recordFailure(failedIn, failure)))
                    .then(Mono.fromRunnable(() -> {
                        state.enter(BackupPhase.FAILED);
                        tools.observer().failed(state.progress(), failure);
                    }));
        });
    }

    private Mono<Void> eachArchive(String what, Function<ArchiveUpload, Mono<Void>> action) {
        return Flux.fromIterable(archives)
                .flatMap(archive -> step(what, action.apply(archive)), CLEAN_UP_AT_ONCE)
                .then();
    }

    private Mono<Void> recordFailure(BackupPhase phase, Throwable failure) {
        Optional<BackupId> id = state.id();
        if (id.isEmpty()) {
            return Mono.empty();
        }
        return step(
                "recording the failure of backup " + id.get(),
                tools.catalog().write(id.get(), state.record(Optional.of(BackupFailures.recorded(phase, failure)))));
    }

    /** One step of cleaning up; the next one is taken whatever becomes of it. */
    private Mono<Void> step(String what, Mono<Void> action) {
        return action.timeout(tools.cleanUpPatience(), tools.timer()).onErrorResume(failure -> {
            LOG.atWarn().addKeyValue("step", what).setCause(failure).log("cleaning up after a backup is incomplete");
            return Mono.empty();
        });
    }

    /** Tells whoever waits that it is over. */
    void end() {
        Sinks.EmitResult unused = over.tryEmitEmpty();
    }
}
