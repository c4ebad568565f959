package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.sidecar.assembly.CatalogSession;
import io.walarchiver.sidecar.settings.Problems;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code wal-archiver backup-list}. */
@Command(
        name = "backup-list",
        description = "Lists the base backups of an archive, also those of barman-cloud.",
        mixinStandardHelpOptions = true)
final class BackupListCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private BarmanFormat format = new BarmanFormat();

    @Override
    public Integer call() throws JsonProcessingException {
        LogOptions.quiet();
        List<CatalogEntry> entries;
        try (CatalogSession session = CatalogSession.open(archive.read(new Problems()), archive.server)) {
            entries = session.list();
        }
        PrintWriter out = spec.commandLine().getOut();
        if (format.isJson()) {
            out.println(BackupText.listJson(entries));
        } else {
            BackupText.table(entries).forEach(out::println);
        }
        out.flush();
        return ExitCode.DONE;
    }
}
