package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against an S3 server: the way from a store file to a bucket, and what is said when it is blocked. */
class S3CommandIT {

    private static EmbeddedS3 server;

    @TempDir
    private Path directory;

    private FakeCluster cluster;

    @BeforeAll
    static void startServer() {
        server = EmbeddedS3.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void makeCluster() throws IOException {
        directory = directory.toRealPath();
        cluster = FakeCluster.create(directory.resolve("pgdata"), SegmentSize.ofMebibytes(1));
    }

    @Test
    void fileIsArchivedAndRestoredAndTheStoreFoundGood() throws IOException {
        Path store = StoreFiles.inS3(directory, server);
        WalFileName name = cluster.readySegments(1).get(0);
        Path source = cluster.walDirectory().resolve(name.toString());
        assertThat(CommandRun.of("wal-archive", "--store", store, "--server", "db", source))
                .satisfies(run -> assertThat(run.err()).isEmpty())
                .satisfies(run -> assertThat(run.out()).contains("archive/db/wals/"));
        Path destination = directory.resolve("restored");
        assertThat(CommandRun.of("wal-restore", "--store", store, "--server", "db", name, destination)
                        .exitCode())
                .isZero();
        assertThat(destination).hasSameBinaryContentAs(source);
        CommandRun check = CommandRun.of("check", "--store", store, "--server", "db", "--pgdata", cluster.pgdata());
        assertThat(check.out()).doesNotContain("failed");
        assertThat(check.exitCode()).isZero();
    }

    @Test
    void wrongKeysAreNamedAndNotPrinted() throws IOException {
        CommandRun run = CommandRun.of(
                "check",
                "--store",
                StoreFiles.inS3(directory, server, server.endpoint(), "wrong-secret-key"),
                "--server",
                "db");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.out()).contains("check the keys in the Secret");
        assertThat(run.out() + run.err()).doesNotContain("wrong-secret-key");
    }

    @Test
    void endpointThatDoesNotAnswerIsUnreachable() throws IOException {
        CommandRun run = CommandRun.of(
                "check",
                "--store",
                StoreFiles.inS3(directory, server, URI.create("http://127.0.0.1:1"), server.secretAccessKey()),
                "--server",
                "db");
        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run.out()).contains("check endpointURL");
        assertThat(run.out() + run.err()).doesNotContain(server.secretAccessKey());
    }
}
