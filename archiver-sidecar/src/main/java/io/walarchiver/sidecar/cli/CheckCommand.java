package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.StoreCheck;
import io.walarchiver.sidecar.settings.Problems;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver check}. */
@Command(
        name = "check",
        description = "Is this store usable and safe? Writes, reads, tries to overwrite and deletes one small object "
                + "beside the archive's own.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Option(
            names = "--pgdata",
            paramLabel = "DIR",
            description = "also look whether the archive belongs to the server of this data directory")
    private @Nullable Path pgdata;

    @Option(names = "-o", paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private OutputFormat format = OutputFormat.table;

    @Override
    public Integer call() throws JsonProcessingException {
        LogOptions.quiet();
        StoreConfiguration store = archive.read(new Problems());
        StoreCheck.Report report = StoreCheck.run(
                store, archive.server, Optional.ofNullable(pgdata).map(Path::toAbsolutePath));
        PrintWriter out = spec.commandLine().getOut();
        if (format == OutputFormat.json) {
            out.println(new ObjectMapper().writeValueAsString(report));
        } else {
            out.println(report.location());
            for (StoreCheck.Item item : report.items()) {
                out.printf(Locale.ROOT, "  %-8s %-13s %s%n", item.result(), item.name(), item.detail());
                if (!item.fix().isEmpty()) {
                    out.printf(Locale.ROOT, "  %-8s %-13s %s%n", "", "", "-> " + item.fix());
                }
            }
        }
        out.flush();
        if (report.unreachable()) {
            return ExitCode.UNREACHABLE;
        }
        return report.isGood() ? ExitCode.DONE : ExitCode.REFUSED;
    }
}
