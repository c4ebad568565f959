package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.base.BackupObserver;
import io.walarchiver.backup.base.BackupProgress;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.base.DamagedPage;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.request.Failure;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log, the status page and the metrics how one backup goes. */
final class BackupReporter implements BackupObserver {

    private static final Logger LOG = LoggerFactory.getLogger("io.walarchiver.backup");
    private static final int STEPS = 10;
    private static final int LOGGED_PAGES = 20;

    private final String server;
    private final BackupActivity activity;
    private final BiConsumer<BackupActivity.Last, String> ended;
    private final Clock clock;
    private final AtomicInteger loggedSteps = new AtomicInteger();
    private final AtomicInteger loggedPages = new AtomicInteger();

    /**
     * @param server the server's name in the archive
     * @param ended  is told when it is over, with the kind of failure or {@code done}
     */
    BackupReporter(String server, BackupActivity activity, BiConsumer<BackupActivity.Last, String> ended, Clock clock) {
        this.server = server;
        this.activity = activity;
        this.ended = ended;
        this.clock = clock;
    }

    @Override
    public void phaseBegan(BackupProgress progress) {
        if (activity.running().isEmpty() && progress.phase().isActive()) {
            activity.started(progress.name().orElse(""), server, progress.startedAt());
        }
        progressed(progress);
        LOG.atInfo()
                .addKeyValue("backup", progress.id().map(Object::toString).orElse(""))
                .addKeyValue("name", progress.name().orElse(""))
                .addKeyValue("server", server)
                .log("backup: {}", progress.phase().words());
    }

    @Override
    public void progressed(BackupProgress progress) {
        progress.id().ifPresent(id -> activity.identified(id.value()));
        Progress now = of(progress);
        activity.progressed(now);
        int step = (int) (progress.fraction() * STEPS);
        int before = loggedSteps.get();
        if (step > before && loggedSteps.compareAndSet(before, step)) {
            LOG.info("backup: {}", now.line());
        }
    }

    /** The same in the terms of every progress. */
    static Progress of(BackupProgress progress) {
        return new Progress(
                progress.phase().words(), progress.bytesRead(), 0, progress.bytesTotal(), progress.copyTime());
    }

    @Override
    public void pageIsDamaged(DamagedPage page) {
        int number = loggedPages.incrementAndGet();
        if (number <= LOGGED_PAGES) {
            LOG.atWarn()
                    .addKeyValue("file", page.file())
                    .addKeyValue("block", page.block())
                    .log(
                            number == LOGGED_PAGES
                                    ? "a page has a wrong checksum; further ones are counted only"
                                    : "a page has a wrong checksum");
        }
    }

    @Override
    public void waitingForWal(String what, Duration waited) {
        LOG.warn("backup: waiting for {} since {} s; does archiving work?", what, waited.toSeconds());
    }

    @Override
    public void completedWithout(String what, Throwable failure) {
        LOG.warn("backup: done, but without {}: {}", what, String.valueOf(failure.getMessage()));
    }

    @Override
    public void completed(CompletedBackup backup) {
        BackupActivity.Last last = new BackupActivity.Last(
                backup.name().orElse(""),
                server,
                Optional.of(backup.id().value()),
                clock.instant().minus(backup.duration()),
                clock.instant(),
                Optional.empty(),
                backup.bytesRead(),
                backup.bytesStored(),
                backup.damagedPages());
        activity.ended(last);
        ended.accept(last, "done");
        LOG.atInfo()
                .addKeyValue("backup", backup.id().value())
                .addKeyValue("name", backup.name().orElse(""))
                .addKeyValue("server", server)
                .addKeyValue("begin_wal", backup.beginWal().toString())
                .addKeyValue("end_wal", backup.endWal().toString())
                .addKeyValue("bytes", backup.bytesRead())
                .addKeyValue("stored_bytes", backup.bytesStored())
                .addKeyValue("seconds", backup.duration().toMillis() / 1000.0)
                .addKeyValue("damaged_pages", backup.damagedPages())
                .log("backup: done");
    }

    @Override
    public void failed(BackupProgress progress, Throwable failure) {
        String reason = failure instanceof CancellationException
                ? "it was cancelled"
                : Failure.of(failure).message();
        BackupActivity.Last last = new BackupActivity.Last(
                progress.name().orElse(""),
                server,
                progress.id().map(id -> id.value()),
                progress.startedAt(),
                clock.instant(),
                Optional.of(reason),
                progress.bytesRead(),
                progress.bytesStored(),
                progress.damagedPages());
        activity.ended(last);
        ended.accept(last, kindOf(failure));
        LOG.atError()
                .addKeyValue("backup", progress.id().map(Object::toString).orElse(""))
                .addKeyValue("name", progress.name().orElse(""))
                .addKeyValue("server", server)
                .addKeyValue("reason", reason)
                .log("backup: failed");
    }

    private static String kindOf(Throwable failure) {
        if (failure instanceof CancellationException) {
            return "cancelled";
        }
        return failure instanceof BackupException known ? known.kind() : "internal";
    }
}
