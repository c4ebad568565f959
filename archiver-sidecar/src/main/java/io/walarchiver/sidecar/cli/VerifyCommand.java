package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.walarchiver.backup.verify.VerificationReport;
import io.walarchiver.backup.verify.VerificationScope;
import io.walarchiver.backup.verify.VerificationSettings;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.VerifyRun;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.progress.ProgressDisplay;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.ServeSettings;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver verify}. */
@Command(
        name = "verify",
        description =
                "Reads base backups and WAL back and compares: is everything there, whole, and enough to recover? Ends"
                        + " with 1 when something is damaged, with 2 when not everything could be read.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

    private static final int PERCENT = 100;
    private static final int MOST_JOBS = 8;

    /** At most one of them; without any, everything. */
    static final class Scope {

        @Option(
                names = {"-b", "--backup-id"},
                required = true,
                paramLabel = "BACKUP",
                description = "one backup, by id or name, and the WAL it needs; default is everything")
        @Nullable
        String backup;

        @Option(
                names = "--sample",
                required = true,
                paramLabel = "PERCENT",
                description = "a random part of everything; names are always compared as a whole")
        @Nullable
        Integer sample;

        @Option(
                names = "--part",
                required = true,
                paramLabel = "K/N",
                description = "the K-th of N equal parts: N runs, from 1/N to N/N, read everything")
        @Nullable
        String part;
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private LogOptions log = new LogOptions();

    @ArgGroup(exclusive = true)
    private @Nullable Scope scope;

    @Option(
            names = {"--rate", "--max-bandwidth"},
            paramLabel = "SIZE",
            description = "the most to read in a second, for example 20MiB; default is no limit")
    private @Nullable String rate;

    @Option(
            names = {"-J", "--jobs"},
            paramLabel = "N",
            description = "how many objects are read at once, within the memory there is; default ${DEFAULT-VALUE}")
    private int jobs = VerificationSettings.DEFAULT_CONCURRENCY;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "memory for data in flight; default ${DEFAULT-VALUE}")
    private String memory = ServeSettings.DEFAULT_MEMORY;

    @Option(names = "-o", paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private OutputFormat format = OutputFormat.table;

    @Override
    public Integer call() throws JsonProcessingException {
        boolean terminal = ProgressDisplay.isTerminal(System.getenv());
        log.applyFor(terminal);
        Problems problems = new Problems();
        Optional<VerificationScope> part = problems.check("--sample, --part", this::part);
        String limit = rate;
        OptionalLong bandwidth = limit == null
                ? OptionalLong.empty()
                : problems.check("--rate", () -> ByteSize.parse(limit))
                        .map(size -> OptionalLong.of(size.bytes()))
                        .orElseGet(OptionalLong::empty);
        Optional<ByteSize> budget = problems.check("--memory", () -> ByteSize.parse(memory));
        if (jobs < 1 || jobs > MOST_JOBS) {
            problems.add("--jobs: a number from 1 to " + MOST_JOBS + ", not " + jobs);
        }
        StoreConfiguration store = archive.read(problems);
        Scope chosen = scope;
        VerificationReport report = run(
                store,
                new VerifyRun.Order(
                        Optional.ofNullable(chosen == null ? null : chosen.backup),
                        part.orElseThrow(),
                        jobs,
                        bandwidth,
                        budget.orElseThrow()),
                terminal);
        PrintWriter out = spec.commandLine().getOut();
        if (format == OutputFormat.json) {
            out.println(VerifyText.json(report));
        } else {
            VerifyText.print(out, report);
        }
        out.flush();
        return switch (report.verdict()) {
            case GOOD -> ExitCode.DONE;
            case DAMAGED -> ExitCode.REFUSED;
            case INCOMPLETE -> ExitCode.UNREACHABLE;
        };
    }

    private VerificationReport run(StoreConfiguration store, VerifyRun.Order order, boolean terminal) {
        AtomicReference<@Nullable Progress> last = new AtomicReference<>();
        try (ProgressDisplay display =
                ProgressDisplay.start(spec.commandLine().getErr(), terminal, () -> Optional.ofNullable(last.get()))) {
            return VerifyRun.run(store, archive.server, order, last::set);
        }
    }

    private VerificationScope part() {
        Scope chosen = scope;
        if (chosen == null || chosen.backup != null) {
            return new VerificationScope.Everything();
        }
        Integer percent = chosen.sample;
        if (percent != null) {
            if (percent < 1 || percent > PERCENT) {
                throw new IllegalArgumentException("a number from 1 to 100, not " + percent);
            }
            return new VerificationScope.Part(
                    ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), (PERCENT + percent - 1) / percent);
        }
        String[] numbers = String.valueOf(chosen.part).split("/", -1);
        try {
            int number = Integer.parseInt(numbers[0]);
            int of = Integer.parseInt(numbers[numbers.length - 1]);
            if (numbers.length == 2 && number >= 1 && number <= of) {
                return new VerificationScope.Part(number - 1L, of);
            }
        } catch (NumberFormatException notANumber) {
            // Told below.
        }
        throw new IllegalArgumentException("expected K/N such as 1/10, not \"" + chosen.part + "\"");
    }
}
