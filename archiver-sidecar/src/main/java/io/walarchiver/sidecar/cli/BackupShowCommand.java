package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.sidecar.assembly.CatalogSession;
import io.walarchiver.sidecar.settings.Problems;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wal-archiver backup-show}. */
@Command(
        name = "backup-show",
        description = "Shows everything the archive knows about one base backup.",
        mixinStandardHelpOptions = true)
final class BackupShowCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private BarmanFormat format = new BarmanFormat();

    @Parameters(paramLabel = "BACKUP", description = "id, name, latest, oldest or last-failed")
    private String backup = "";

    @Override
    public Integer call() throws JsonProcessingException {
        LogOptions.quiet();
        CatalogEntry entry;
        try (CatalogSession session = CatalogSession.open(archive.read(new Problems()), archive.server)) {
            entry = session.find(backup);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (format.isJson()) {
            out.println(BackupText.showJson(entry));
        } else {
            BackupText.show(entry).forEach(out::println);
        }
        out.flush();
        return ExitCode.DONE;
    }
}
