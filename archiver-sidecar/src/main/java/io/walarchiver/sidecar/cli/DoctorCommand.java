package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.bridge.kubernetes.ClusterAccessException;
import io.walarchiver.bridge.kubernetes.ClusterSight;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.ObjectReference;
import io.walarchiver.sidecar.doctor.Diagnosis;
import io.walarchiver.sidecar.doctor.Doctor;
import io.walarchiver.sidecar.doctor.DoctorOrder;
import io.walarchiver.sidecar.doctor.Finding;
import io.walarchiver.sidecar.settings.PluginName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** {@code wal-archiver doctor}. */
@Command(
        name = "doctor",
        description =
                "Why does the plugin not work on Kubernetes? Walks the known causes, from the operator to the archive,"
                        + " and prints each with its fix. Changes nothing.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    /** Of everything together; a cluster that is that slow cannot be looked at. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAME",
            description = "of the Clusters; default: all")
    private @Nullable String namespace;

    @Option(names = "--cluster", paramLabel = "NAME", description = "one Cluster; default: all that use the plugin")
    private @Nullable String cluster;

    @Option(
            names = "--plugin-namespace",
            paramLabel = "NAME",
            description = "of the plugin and the operator; default: looked for")
    private @Nullable String pluginNamespace;

    @Option(
            names = "--plugin-name",
            paramLabel = "NAME",
            description = "default: that of the wal-archiver which is found, else walarchiver.io")
    private @Nullable String pluginName;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "default: KUBECONFIG, ~/.kube/config, or the service account of the Pod")
    private @Nullable Path kubeconfig;

    @Option(names = "--context", paramLabel = "NAME", description = "of the kubeconfig; default: the current one")
    private @Nullable String context;

    @Option(names = "-o", paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private OutputFormat format = OutputFormat.table;

    @Override
    public Integer call() throws JsonProcessingException {
        LogOptions.quiet();
        Diagnosis diagnosis = examine(new DoctorOrder(
                name("--namespace", namespace),
                name("--cluster", cluster),
                name("--plugin-namespace", pluginNamespace),
                pluginName()));
        PrintWriter out = spec.commandLine().getOut();
        if (format == OutputFormat.json) {
            out.println(new ObjectMapper().writeValueAsString(diagnosis));
        } else {
            print(out, diagnosis);
        }
        out.flush();
        return diagnosis.isGood() ? ExitCode.DONE : ExitCode.REFUSED;
    }

    private Diagnosis examine(DoctorOrder order) {
        Scheduler scheduler = Schedulers.newSingle("doctor", true);
        try (ClusterSight api = ClusterSight.open(
                Optional.ofNullable(kubeconfig), Optional.ofNullable(context), REQUEST_TIMEOUT, scheduler)) {
            return Doctor.examine(api, order, Clock.systemUTC())
                    .timeout(
                            PATIENCE,
                            Mono.error(() -> new CommandFailure(
                                    ExitCode.UNREACHABLE,
                                    "the API was too slow to look around within " + PATIENCE.toMinutes()
                                            + " minutes; try with --namespace and --plugin-namespace")),
                            scheduler)
                    .blockOptional()
                    .orElseThrow(() -> new IllegalStateException("an examination ends with a diagnosis"));
        } catch (ClusterAccessException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
        } catch (KubernetesException.Unavailable e) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    e.getMessage() + "; look at the address and the credentials: kubectl version");
        } finally {
            scheduler.dispose();
        }
    }

    private static Optional<String> name(String option, @Nullable String text) {
        if (text != null && !ObjectReference.isName(text)) {
            throw new CommandFailure(ExitCode.USAGE, option + ": not the name of an object: \"" + text + "\"");
        }
        return Optional.ofNullable(text);
    }

    private Optional<String> pluginName() {
        try {
            return Optional.ofNullable(pluginName).map(text -> new PluginName(text).value());
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "--plugin-name: " + e.getMessage());
        }
    }

    private static void print(PrintWriter out, Diagnosis diagnosis) {
        out.printf(
                Locale.ROOT,
                "plugin %s, Kubernetes %s at %s%n",
                diagnosis.plugin(),
                diagnosis.kubernetes(),
                diagnosis.api());
        for (Finding finding : diagnosis.findings()) {
            out.printf(
                    Locale.ROOT,
                    "%-8s %-18s %s: %s%n",
                    finding.level(),
                    finding.check(),
                    finding.subject(),
                    finding.cause());
            if (!finding.fix().isEmpty()) {
                out.printf(Locale.ROOT, "%-8s %-18s -> %s%n", "", "", finding.fix());
            }
        }
        out.printf(
                Locale.ROOT,
                "%d in order, %d to look at, %d failing, %d not looked at%n",
                diagnosis.count(Finding.Level.OK),
                diagnosis.count(Finding.Level.WARN),
                diagnosis.count(Finding.Level.FAIL),
                diagnosis.count(Finding.Level.SKIPPED));
    }
}
