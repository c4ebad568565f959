package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.Version;
import io.walarchiver.sidecar.assembly.InterruptedRunException;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.sidecar.settings.SettingsException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code wal-archiver}. */
@Command(
        name = "wal-archiver",
        description =
                "Archives the WAL and base backups of a PostgreSQL server in object storage and brings them back.",
        mixinStandardHelpOptions = true,
        versionProvider = WalArchiverCommand.VersionText.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ServeCommand.class,
            InstanceCommand.class,
            RestoreJobCommand.class,
            OperatorCommand.class,
            WalArchiveCommand.class,
            WalRestoreCommand.class,
            BackupCommand.class,
            BackupListCommand.class,
            BackupShowCommand.class,
            BackupKeepCommand.class,
            BackupDeleteCommand.class,
            RecoverCommand.class,
            RetentionCommand.class,
            VerifyCommand.class,
            CheckCommand.class,
            DoctorCommand.class,
            StatusCommand.class,
            HealthcheckCommand.class
        },
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0  done",
            "  1  not found or refused",
            "  2  the store or the service cannot be reached",
            "  3  bad usage or settings",
            "  4  anything else"
        })
public final class WalArchiverCommand {

    private WalArchiverCommand() {}

    /** The command, ready to run with its exit codes and the way it reports failures. */
    public static CommandLine create() {
        return new CommandLine(new WalArchiverCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(new CommandLine.RunLast())
                .setParameterExceptionHandler((failure, arguments) -> usage(failure, arguments))
                .setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command));
    }

    private static int usage(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("wal-archiver: " + failure.getMessage());
        UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        err.flush();
        // A slip in restore_command must not read as "the log ends here".
        return List.of(arguments).contains(WalRestoreCommand.STOP_RECOVERY) ? ExitCode.STOP_RECOVERY : ExitCode.USAGE;
    }

    private static int failed(Exception failure, CommandLine command) {
        PrintWriter err = command.getErr();
        if (failure instanceof SettingsException settings) {
            int count = settings.problems().size();
            err.printf(
                    Locale.ROOT,
                    "wal-archiver: %s%n",
                    count == 1 ? "one setting cannot work:" : count + " settings cannot work:");
            settings.problems().forEach(problem -> err.println("  " + problem));
            err.flush();
            return ExitCode.USAGE;
        }
        if (failure instanceof CommandFailure told) {
            err.println("wal-archiver: " + told.getMessage());
            err.flush();
            return told.exitCode();
        }
        if (failure instanceof InterruptedRunException) {
            err.println("wal-archiver: " + failure.getMessage());
            err.flush();
            return ExitCode.OTHER;
        }
        Failure sorted = Failure.of(failure);
        if (sorted.verdict() == Failure.Verdict.INTERNAL) {
            err.println("wal-archiver: unforeseen error; please report it with the following lines");
            failure.printStackTrace(err);
        } else {
            err.println("wal-archiver: " + sorted.message());
        }
        err.flush();
        return ExitCode.of(sorted.verdict());
    }

    /** What {@code --version} prints. */
    static final class VersionText implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"wal-archiver " + Version.text()};
        }
    }
}
