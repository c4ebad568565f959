package io.walarchiver.sidecar.cli;

import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RecoveryTargetText;
import io.walarchiver.sidecar.settings.Problems;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How far a recovery goes; the words are PostgreSQL's. */
final class TargetOptions {

    @Option(
            names = {"-b", "--backup-id"},
            paramLabel = "ID",
            description = "begin with this backup; default is the newest that leads to the target")
    private @Nullable String backupId;

    @Option(
            names = "--target-time",
            paramLabel = "TIME",
            description = "recover to a time, for example \"2031-04-05 06:07:08+02\"; in UTC without an offset")
    private @Nullable String time;

    @Option(names = "--target-lsn", paramLabel = "LSN", description = "recover to a position in the log")
    private @Nullable String lsn;

    @Option(
            names = "--target-name",
            paramLabel = "NAME",
            description = "recover to a restore point made with pg_create_restore_point()")
    private @Nullable String name;

    @Option(names = "--target-xid", paramLabel = "XID", description = "recover to the end of a transaction")
    private @Nullable String xid;

    @Option(names = "--target-immediate", description = "stop as soon as the backup is consistent")
    private boolean immediate;

    @Option(
            names = {"--target-timeline", "--target-tli"},
            paramLabel = "TIMELINE",
            description = "latest, current or a number; default latest")
    private @Nullable String timeline;

    @Option(names = "--exclusive", description = "stop just before the target")
    private boolean exclusive;

    /** What was asked for; the end of the archive when nothing was. */
    Optional<RecoveryTarget> read(Problems problems) {
        return problems.check(
                "--target",
                () -> new RecoveryTargetText(
                                Optional.ofNullable(backupId),
                                Optional.ofNullable(timeline),
                                Optional.ofNullable(time),
                                Optional.ofNullable(lsn),
                                Optional.ofNullable(name),
                                Optional.ofNullable(xid),
                                immediate,
                                exclusive)
                        .toTarget());
    }
}
