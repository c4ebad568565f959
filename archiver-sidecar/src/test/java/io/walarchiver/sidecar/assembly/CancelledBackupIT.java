package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.sidecar.cli.Commands;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A slow backup in the service: it is watched, a second one is refused, and it is broken off by whoever may. */
@Timeout(300)
class CancelledBackupIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir
    private Path directory;

    private EmbeddedS3 s3;
    private Path storeFile;
    private Standalone host;
    private PostgresServer server;
    private SocketClient client;

    @BeforeEach
    void startServer() throws IOException {
        directory = directory.toRealPath();
        s3 = EmbeddedS3.start();
        storeFile = StoreFiles.inS3(directory, s3);
        Files.writeString(
                storeFile,
                Files.readString(storeFile)
                        .replace(
                                "    wal:\n",
                                "    data:\n      immediateCheckpoint: true\n"
                                        + "      additionalCommandArgs: [--max-bandwidth=1MB]\n    wal:\n"));
        Path pgdata = directory.resolve("pg/pgdata");
        Files.createDirectories(pgdata.getParent());
        PostgresBinaries binaries = PostgresBinaries.of(17);
        String unused = binaries.initdb(pgdata);
        host = Standalone.serve(binaries, pgdata, storeFile);
        server = host.start();
        client = new SocketClient(host.socket());
    }

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        host.close();
        s3.close();
    }

    @Test
    void runningBackupIsShownASecondOneRefusedAndACancelledOneRecordedAsFailed() throws Exception {
        Context.CancellableContext call = start();
        await().atMost(PATIENCE).until(() -> running().path("doneBytes").asLong() > 0);

        assertThat(running().path("name").asText()).startsWith("backup-");
        assertThat(running().path("id").asText()).matches("[0-9]{8}T[0-9]{6}");
        assertThat(running().path("totalBytes").asLong()).isGreaterThan(10 << 20);
        assertThat(get("/metrics")).contains("wal_archiver_backup_running 1.0");
        assertThatThrownBy(() -> BackupGrpc.newBlockingStub(client.channel())
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .backup(BackupRequest.getDefaultInstance()))
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(refusal -> {
                    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(refusal.getStatus().getDescription())
                            .contains(running().path("name").asText());
                });
        call.cancel(null);

        await().atMost(PATIENCE).until(() -> last().path("error").asText().equals("it was cancelled"));
        assertFailed();
        assertThat(get("/metrics"))
                .contains("wal_archiver_backup_runs_total{outcome=\"cancelled\"} 1.0")
                .contains("wal_archiver_backup_running 0.0");
    }

    @Test
    void backupDoesNotHoldUpTheEndOfTheService() throws Exception {
        Context.CancellableContext unused = start();
        await().atMost(PATIENCE).until(() -> running().path("doneBytes").asLong() > 0);

        assertThat(CompletableFuture.runAsync(host::endService)).succeedsWithin(PATIENCE);

        assertFailed();
    }

    @Test
    void walIsArchivedAndRestoredWhileABackupRuns() throws Exception {
        Context.CancellableContext call = start();
        await().atMost(PATIENCE).until(() -> running().path("doneBytes").asLong() > 0);
        for (int i = 0; i < 5; i++) {
            server.execute("SELECT pg_create_restore_point('one more')");
            String segment = server.query("SELECT pg_walfile_name(pg_switch_wal())");
            await().atMost(PATIENCE)
                    .until(() -> server.query("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")
                                    .compareTo(segment)
                            >= 0);
        }
        assertThat(running().isMissingNode()).isFalse();
        call.cancel(null);
        await().atMost(PATIENCE)
                .until(() -> new ObjectMapper()
                                .readTree(get("/status?format=json"))
                                .at("/archive/buffersInUse")
                                .asInt(-1)
                        == 0);
    }

    private Context.CancellableContext start() {
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> BackupGrpc.newFutureStub(client.channel())
                .backup(BackupRequest.newBuilder()
                        .setClusterDefinition(ByteString.EMPTY)
                        .build())
                .addListener(() -> {}, Runnable::run));
        return context;
    }

    private void assertFailed() throws IOException {
        JsonNode backups = Commands.run("backup-list", "--store", storeFile, "--server", "db", "-o", "json")
                .json()
                .path("backups_list");
        assertThat(backups).hasSize(1);
        assertThat(backups.at("/0/status").asText()).isEqualTo("FAILED");
        assertThat(backups.at("/0/end_time").isNull()).isTrue();
        assertThat(s3.openUploads()).isZero();
        await().atMost(PATIENCE)
                .until(() -> server.query("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                                + " 'wal_archiver_backup'")
                        .equals("0"));
    }

    private JsonNode running() throws IOException {
        return new ObjectMapper().readTree(get("/status?format=json")).at("/backups/running");
    }

    private JsonNode last() throws IOException {
        return new ObjectMapper().readTree(get("/status?format=json")).at("/backups/last");
    }

    private String get(String path) throws IOException {
        return UnixHttp.get(host.apiSocket(), path, "*/*", Duration.ofSeconds(10))
                .body();
    }
}
