package io.walarchiver.sidecar.cli;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.sidecar.assembly.CatalogSession;
import io.walarchiver.sidecar.settings.Problems;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wal-archiver backup-keep}. */
@Command(
        name = "backup-keep",
        description = "Pins a base backup, so that retention does not delete it, or lets it go.",
        mixinStandardHelpOptions = true)
final class BackupKeepCommand implements Callable<Integer> {

    /** The words of the annotation. */
    enum Target {
        full,
        standalone
    }

    /** One of the three. */
    static final class Action {

        @Option(
                names = "--target",
                required = true,
                paramLabel = "full|standalone",
                description = "pin it: full keeps all WAL from its start on, standalone only the WAL it needs itself")
        @Nullable
        Target target;

        @Option(
                names = {"-s", "--status"},
                required = true,
                description = "print how it is pinned: full, standalone or nokeep")
        boolean status;

        @Option(
                names = {"-r", "--release"},
                required = true,
                description = "let it go")
        boolean release;
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Action action = new Action();

    @Parameters(paramLabel = "BACKUP", description = "id, name, latest, oldest or last-failed")
    private String backup = "";

    @Override
    public Integer call() {
        LogOptions.quiet();
        PrintWriter out = spec.commandLine().getOut();
        try (CatalogSession session = CatalogSession.open(archive.read(new Problems()), archive.server)) {
            BackupId id = session.find(backup).id();
            if (action.status) {
                out.println(
                        "Keep: " + session.keepTarget(id).map(KeepTarget::word).orElse("nokeep"));
            } else if (action.release) {
                session.release(id);
            } else {
                session.keep(id, action.target == Target.standalone ? KeepTarget.STANDALONE : KeepTarget.FULL);
            }
        }
        out.flush();
        return ExitCode.DONE;
    }
}
