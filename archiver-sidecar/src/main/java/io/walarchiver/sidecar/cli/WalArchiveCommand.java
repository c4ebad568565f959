package io.walarchiver.sidecar.cli;

import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.OneFile;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.wal.WalFileName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wal-archiver wal-archive}. */
@Command(
        name = "wal-archive",
        description = "Archives one WAL file and ends. For scripts; a running server is better served by "
                + "\"wal-archiver serve\", which costs a fraction per file.",
        mixinStandardHelpOptions = true)
final class WalArchiveCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Option(
            names = "--pgdata",
            paramLabel = "DIR",
            description = "data directory; default is the one that holds the file's pg_wal")
    private @Nullable Path pgdata;

    @Option(
            names = "--skip-ownership-check",
            description = "archive even when the archive holds WAL of another cluster")
    private boolean skipOwnershipCheck;

    @Parameters(paramLabel = "PATH", description = "the file in pg_wal, absolute or relative, as %%p is")
    private Path path = Path.of("");

    @Override
    public Integer call() {
        LogOptions.quiet();
        Problems problems = new Problems();
        Path file = path.toAbsolutePath().normalize();
        Path given = pgdata;
        Path directory = given == null ? dataDirectoryOf(file, problems) : given.toAbsolutePath();
        StoreConfiguration store = archive.read(problems);
        WalFileName name = new WalPaths(directory).source(file.toString());
        ArchivedFile done = OneFile.archive(store, archive.server, directory, name, !skipOwnershipCheck);
        spec.commandLine()
                .getOut()
                .println(done.name() + " is durable as " + done.key() + " (" + done.storedBytes() + " bytes)");
        return ExitCode.DONE;
    }

    private static Path dataDirectoryOf(Path file, Problems problems) {
        Path wal = file.getParent();
        Path directory = wal == null ? null : wal.getParent();
        if (directory == null || !Files.isRegularFile(directory.resolve("global/pg_control"))) {
            problems.add("PATH: " + file + " is not in the pg_wal of a data directory; add --pgdata DIR");
            return file;
        }
        return directory;
    }
}
