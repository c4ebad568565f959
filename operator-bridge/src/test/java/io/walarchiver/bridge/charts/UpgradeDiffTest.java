package io.walarchiver.bridge.charts;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command that shows what an upgrade changes. */
@Timeout(120)
final class UpgradeDiffTest {

    private static final Path MANIFEST = Repository.path("charts/manifest.yaml");

    private record Run(int exitCode, String output) {}

    @TempDir
    private Path directory;

    @Test
    void sameVersionChangesNothing() throws Exception {
        assertThat(run(MANIFEST.toString(), MANIFEST.toString())).isEqualTo(new Run(0, ""));
    }

    @Test
    void changesOfRightsProcessAndResourceAreShownAndNoOthers() throws Exception {
        Path newer = write(
                "newer.yaml",
                Repository.text(MANIFEST)
                        .replace("resources: [clusters/finalizers]", "resources: [clusters/finalizers, clusters]")
                        .replace("--server-address=:9090", "--server-address=:9091")
                        .replace("maxParallel:", "maxParallelism:")
                        .replace("renewBefore: 720h", "renewBefore: 7h"));

        Run run = run(MANIFEST.toString(), newer.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.output())
                .contains(
                        "+++ new/ClusterRole.wal-archiver\n",
                        "+  resources: [clusters/finalizers, clusters]",
                        "+++ new/Deployment.cnpg-system.wal-archiver",
                        "-        - --server-address=:9090",
                        "+++ new/CustomResourceDefinition.objectstores.barmancloud.cnpg.io",
                        "+                      maxParallelism:")
                .doesNotContain("renewBefore");
    }

    @Test
    void orderOfObjectsAndVersionOfTheChartAreNoChanges() throws Exception {
        List<String> documents =
                new ArrayList<>(List.of(Repository.text(MANIFEST).split("(?m)^---\n")));
        Collections.reverse(documents);
        Path newer = write(
                "newer.yaml",
                String.join("---\n", documents)
                        .replace("  labels:\n", "  labels:\n    helm.sh/chart: wal-archiver-9\n")
                        .replaceAll("(app.kubernetes.io/version:).*", "$1 9"));

        assertThat(run(MANIFEST.toString(), newer.toString())).isEqualTo(new Run(0, ""));
    }

    @Test
    void objectThatGoesIsShown() throws Exception {
        Path newer = write("newer.yaml", Repository.text(MANIFEST).replace("kind: ClusterRoleBinding", "kind: Other"));

        assertThat(run(MANIFEST.toString(), newer.toString()).output())
                .contains("--- old/ClusterRoleBinding.wal-archiver", "-kind: ClusterRoleBinding");
    }

    @Test
    void chartsAreRenderedWithTheGivenOptions() throws Exception {
        Path chart = Files.createDirectory(directory.resolve("chart"));
        Path helm = write("helm", "#!/bin/sh\necho \"$@\" > '" + directory + "/asked'\ncat '" + MANIFEST + "'\n");
        Files.setPosixFilePermissions(helm, PosixFilePermissions.fromString("rwx------"));

        Run run = run(MANIFEST.toString(), chart.toString(), "-f", "values.yaml");

        assertThat(run).isEqualTo(new Run(0, ""));
        assertThat(Files.readString(directory.resolve("asked")))
                .isEqualTo("template wal-archiver " + chart + " --namespace cnpg-system -f values.yaml\n");
    }

    @Test
    void troubleIsNotTakenForNoChange() throws Exception {
        Path empty = write("empty.yaml", "");

        assertThat(run(MANIFEST.toString(), directory + "/none").exitCode()).isEqualTo(2);
        assertThat(run(MANIFEST.toString(), empty.toString()).output()).contains("is it the right file?");
        assertThat(run(MANIFEST.toString(), directory.toString()).exitCode()).isEqualTo(2);
        assertThat(run().output()).contains("charts/upgrade-diff OLD NEW");
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private Run run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Repository.path("charts/upgrade-diff").toString());
        command.addAll(List.of(arguments));
        Path output = directory.resolve("output");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("HELM", directory.resolve("helm").toString());
        Process process = builder.start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), Files.readString(output));
        } finally {
            process.destroyForcibly();
        }
    }
}
