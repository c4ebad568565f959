package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.net.UnixHttp;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver healthcheck}. */
@Command(
        name = "healthcheck",
        description = "Asks a running service whether it works. For exec probes.",
        mixinStandardHelpOptions = true)
final class HealthcheckCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ServiceAddress address = new ServiceAddress();

    @Option(names = "--ready", description = "ask whether a segment could be archived now, store included")
    private boolean ready;

    @Override
    public Integer call() {
        UnixHttp.Answer answer = address.get(ready ? "/readyz" : "/healthz", "application/json");
        if (answer.status() == 200) {
            return ExitCode.DONE;
        }
        spec.commandLine().getErr().print(answer.body());
        spec.commandLine().getErr().flush();
        return ExitCode.REFUSED;
    }
}
