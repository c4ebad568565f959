package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service as a process of its own, asked by the script that stands in {@code archive_command}, with the real curl. */
class ServeIT {

    private static final Path SCRIPT =
            Path.of("src/main/dist/bin/wal-archiver-command").toAbsolutePath();

    @TempDir
    private Path directory;

    private FakeCluster cluster;
    private Path socket;
    private Path api;
    private Process service;

    @BeforeEach
    void serve() throws IOException {
        directory = directory.toRealPath();
        cluster = FakeCluster.create(directory.resolve("pgdata"), SegmentSize.ofMebibytes(1));
        Files.createDirectory(directory.resolve("bucket"));
        socket = directory.resolve("sock");
        api = directory.resolve("sock.http");
        service = start();
    }

    private Process start() throws IOException {
        Path store = StoreFiles.inDirectory(directory, directory.resolve("bucket"));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx64m",
                        "-XX:MaxDirectMemorySize=96m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.walarchiver.sidecar.Main",
                        "serve",
                        "--store=" + store,
                        "--server=db",
                        "--pgdata=" + cluster.pgdata(),
                        "--socket=" + socket,
                        "--http=127.0.0.1:0",
                        "--log-format=json",
                        "--drain-seconds=5")
                .redirectError(directory.resolve("log").toFile())
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        await().atMost(Duration.ofSeconds(30)).until(() -> isReady(process));
        return process;
    }

    private boolean isReady(Process process) {
        assertThat(process.isAlive()).as("the service ended").isTrue();
        try {
            return UnixHttp.get(api, "/readyz", "*/*", Duration.ofSeconds(5)).status() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        service.destroyForcibly();
        service.waitFor(5, TimeUnit.SECONDS);
    }

    @Test
    void archiveCommandAndRestoreCommandWorkWithCurl() throws Exception {
        WalFileName name = cluster.readySegments(1).get(0);
        assertThat(script("archive", api, name, "pg_wal/" + name)).isZero();
        assertThat(script("archive", api, name, "pg_wal/" + name)).isZero();
        assertThat(script("restore", api, name, "pg_wal/RECOVERYXLOG")).isZero();
        assertThat(cluster.walDirectory().resolve("RECOVERYXLOG"))
                .hasSameBinaryContentAs(cluster.walDirectory().resolve(name.toString()));
    }

    @Test
    void restoreCommandTellsAbsentFromBroken() throws Exception {
        assertThat(script("restore", api, "0000000100000000000000AA", "pg_wal/RECOVERYXLOG"))
                .as("proven absent")
                .isEqualTo(1);
        assertThat(script("restore", api, "nonsense", "pg_wal/RECOVERYXLOG")).isEqualTo(126);
        assertThat(script("restore", directory.resolve("none"), "0000000100000000000000AA", "pg_wal/RECOVERYXLOG"))
                .as("no service")
                .isEqualTo(126);
        assertThat(script("archive", directory.resolve("none"), "0000000100000000000000AA", "x"))
                .isEqualTo(1);
        assertThat(script("archive", api, "0000000100000000000000AA", "x")).isEqualTo(1);
        assertThat(script("nonsense", api, "0000000100000000000000AA", "x")).isEqualTo(126);
    }

    @Test
    void terminationIsOrderlyAndLeavesNoSocket() throws Exception {
        assertThat(script("archive", api, cluster.readySegments(1).get(0), "x")).isZero();
        service.destroy();
        assertThat(service.waitFor(15, TimeUnit.SECONDS)).isTrue();
        assertThat(service.exitValue()).isZero();
        assertThat(socket).doesNotExist();
        assertThat(api).doesNotExist();
    }

    @Test
    void killedServiceIsReplacedByTheNextOne() throws Exception {
        WalFileName name = cluster.readySegments(1).get(0);
        assertThat(script("archive", api, name, "x")).isZero();
        service.destroyForcibly().waitFor();
        assertThat(socket).exists();
        service = start();
        assertThat(script("archive", api, name, "x")).isZero();
    }

    @Test
    void everySegmentIsOneLogLine() throws Exception {
        WalFileName name = cluster.readySegments(1).get(0);
        assertThat(script("archive", api, name, "x")).isZero();
        await().untilAsserted(() -> assertThat(Files.readAllLines(directory.resolve("log")))
                .allMatch(line -> line.startsWith("{") && line.endsWith("}"))
                .filteredOn(line -> line.contains("\"archived\""))
                .singleElement()
                .asString()
                .contains("\"level\":\"INFO\"", name.toString(), "total_ms"));
        assertThat(directory.resolve("out")).isEmptyFile();
    }

    private int script(Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", SCRIPT.toString()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Process process = new ProcessBuilder(command)
                .directory(cluster.pgdata().toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("script").toFile())
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
