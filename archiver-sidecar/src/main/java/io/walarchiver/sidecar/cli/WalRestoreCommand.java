package io.walarchiver.sidecar.cli;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.sidecar.assembly.OneFile;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wal-archiver wal-restore}. */
@Command(
        name = "wal-restore",
        description = "Brings one WAL file back and ends. For scripts; recovery is better served by "
                + "\"wal-archiver serve\", which fetches ahead.",
        mixinStandardHelpOptions = true)
final class WalRestoreCommand implements Callable<Integer> {

    static final String STOP_RECOVERY = "--stop-recovery";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Option(
            names = STOP_RECOVERY,
            description = "for restore_command: end with 126 on every failure but \"not in the archive\", so that "
                    + "PostgreSQL stops instead of taking the failure for the end of the log")
    private boolean stopRecovery;

    @Parameters(index = "0", paramLabel = "NAME", description = "the file, as %%f is")
    private String name = "";

    @Parameters(index = "1", paramLabel = "DEST", description = "where it goes, as %%p is")
    private Path destination = Path.of("");

    @Override
    public Integer call() {
        LogOptions.quiet();
        try {
            StoreConfiguration store = archive.read(new Problems());
            WalFileName file = WalPaths.name(name);
            RestoredFile done = OneFile.restore(
                    store, archive.server, file, destination.toAbsolutePath().normalize());
            spec.commandLine()
                    .getOut()
                    .println(done.name() + " restored to " + destination + " (" + done.originalBytes() + " bytes)");
            return ExitCode.DONE;
        } catch (RuntimeException e) {
            if (!stopRecovery || Failure.of(e).verdict() == Failure.Verdict.NOT_FOUND) {
                throw e;
            }
            throw new CommandFailure(ExitCode.STOP_RECOVERY, String.valueOf(e.getMessage()));
        }
    }
}
