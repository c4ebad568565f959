package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.sidecar.doctor.FakeApi;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code doctor} prints and ends with. */
@Timeout(120)
class DoctorCommandTest {

    private final FakeApi api = new FakeApi();

    @TempDir
    private Path directory;

    @AfterEach
    void end() {
        api.close();
    }

    @Test
    void healthyClusterEndsWithDone() throws IOException {
        CommandRun run = CommandRun.of("doctor", "--kubeconfig", api.kubeconfig(directory));

        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .startsWith("plugin walarchiver.io, Kubernetes v1.34.1 at http://127.0.0.1:")
                .containsPattern("(?m)^OK +service +cnpg-system/wal-archiver: is walarchiver.io$")
                .contains(" 0 failing, 0 not looked at");
    }

    @Test
    void failingCheckIsPrintedWithItsFixAndTellsByTheExitCode() throws IOException {
        api.remove("Secret", "s3-keys");

        CommandRun run = CommandRun.of("doctor", "--kubeconfig", api.kubeconfig(directory), "-n", "shop");

        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.out())
                .containsPattern("(?m)^FAIL +store secret +shop/backups: .*no Secret \"s3-keys\"")
                .containsPattern("(?m)^ +-> create or correct the Secret")
                .contains(" 1 failing,");
    }

    @Test
    void jsonHoldsTheSame() throws IOException {
        api.remove("ObjectStore", "backups");

        CommandRun run = CommandRun.of("doctor", "--kubeconfig", api.kubeconfig(directory), "-o", "json");

        JsonNode diagnosis = new ObjectMapper().readTree(run.out());
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(diagnosis.path("good").asBoolean(true)).isFalse();
        assertThat(diagnosis.path("plugin").asText()).isEqualTo("walarchiver.io");
        assertThat(diagnosis.path("findings")).anySatisfy(finding -> {
            assertThat(finding.path("check").asText()).isEqualTo("store");
            assertThat(finding.path("subject").asText()).isEqualTo("shop/backups");
            assertThat(finding.path("level").asText()).isEqualTo("FAIL");
            assertThat(finding.path("cause").asText()).isNotEmpty();
            assertThat(finding.path("fix").asText()).isNotEmpty();
        });
    }

    @Test
    void warningsAreAllowed() throws IOException {
        ((ObjectNode) api.object("ScheduledBackup", "orders-daily").path("spec")).put("suspend", true);

        CommandRun run = CommandRun.of("doctor", "--kubeconfig", api.kubeconfig(directory));

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).containsPattern("(?m)^WARN +schedule ");
    }

    @Test
    void apiThatDoesNotAnswerIsUnreachable() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path kubeconfig = api.kubeconfig(directory);
        Files.writeString(
                kubeconfig, Files.readString(kubeconfig).replaceFirst("127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:" + port));

        CommandRun run = CommandRun.of("doctor", "--kubeconfig", kubeconfig);

        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run.err()).contains("127.0.0.1:" + port, "does not answer", "kubectl version");
    }

    @Test
    void refusedCredentialsAreAsGoodAsNoAnswer() throws IOException {
        api.fail("/.*", 401);

        CommandRun run = CommandRun.of("doctor", "--kubeconfig", api.kubeconfig(directory));

        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run.err()).contains("does not accept the credentials");
    }

    @Test
    void kubeconfigThatIsNoneIsBadUsageAndNotQuoted() throws IOException {
        Path broken = Files.writeString(directory.resolve("broken"), "token: [verysecret\n");
        Path empty = Files.writeString(directory.resolve("empty"), "apiVersion: v1\nkind: Config\n");

        for (Path file : new Path[] {broken, empty, directory.resolve("absent")}) {
            CommandRun run = CommandRun.of("doctor", "--kubeconfig", file);

            assertThat(run.exitCode()).as(file.toString()).isEqualTo(ExitCode.USAGE);
            assertThat(run.err()).contains(file.toString()).doesNotContain("verysecret");
        }
    }

    @Test
    void unknownContextIsBadUsage() throws IOException {
        CommandRun run = CommandRun.of("doctor", "--kubeconfig", api.kubeconfig(directory), "--context", "production");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("no complete context \"production\"");
        assertThat(api.requests).isEmpty();
    }

    @Test
    void whatCannotBeANameIsBadUsage() throws IOException {
        Path kubeconfig = api.kubeconfig(directory);
        for (String option : new String[] {"--namespace", "--cluster", "--plugin-namespace", "--plugin-name"}) {
            CommandRun run = CommandRun.of("doctor", "--kubeconfig", kubeconfig, option, "../x");

            assertThat(run.exitCode()).as(option).isEqualTo(ExitCode.USAGE);
            assertThat(run.err()).contains(option);
        }
        assertThat(api.requests).isEmpty();
    }
}
