package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveResult;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Sinks;

/** The whole service over a fake data directory and a store in memory, asked as PostgreSQL's side asks. */
class ServiceTest {

    @TempDir
    private Path directory;

    private final FaultyObjectStore store = new FaultyObjectStore(new InMemoryObjectStore());
    private FakeCluster cluster;
    private ServeSettings settings;
    private Service service;
    private SocketClient client;

    @BeforeEach
    void serve() throws IOException {
        cluster = FakeCluster.create(directory.toRealPath().resolve("pgdata"), SegmentSize.ofMebibytes(1));
        settings = ServeSettings.of(new ServeSettings.Written(
                StoreFiles.inDirectory(directory, directory.resolve("bucket")),
                Optional.empty(),
                "db",
                cluster.pgdata(),
                directory.resolve("sock"),
                Optional.empty(),
                Optional.empty(),
                "127.0.0.1:0",
                "walarchiver.io",
                "64MiB",
                5,
                Optional.empty(),
                DatabaseAddress.UNSAID,
                ServeSettings.Verify.NEVER));
        service = Service.start(settings, (workers, observer) -> store);
        client = new SocketClient(settings.socket().path());
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        service.close();
    }

    @Test
    void segmentTravelsToTheArchiveAndBack() throws IOException {
        WalFileName name = cluster.readySegments(1).get(0);
        wal().archive(archive(name));
        wal().restore(WALRestoreRequest.newBuilder()
                .setSourceWalName(name.toString())
                .setDestinationFileName(
                        cluster.walDirectory().resolve("RECOVERYXLOG").toString())
                .build());
        assertThat(cluster.walDirectory().resolve("RECOVERYXLOG"))
                .hasSameBinaryContentAs(cluster.walDirectory().resolve(name.toString()));
        await().untilAsserted(() -> {
            JsonNode status = json("/status?format=json");
            assertThat(status.at("/archive/lastArchived").asText()).isEqualTo(name.toString());
            assertThat(status.at("/archived/0/stagesMillis/total").asDouble()).isPositive();
            assertThat(status.at("/restore/lastRestored").asText()).isEqualTo(name.toString());
            assertThat(status.at("/archive/buffersInUse").asInt(-1)).isZero();
        });
        assertThat(get("/metrics").body())
                .contains("wal_archiver_archive_files_total{asked=\"true\",outcome=\"stored\"} 1.0")
                .contains("wal_archiver_archive_last_archived_info{name=\"" + name + "\"} 1");
    }

    @Test
    void absentSegmentIsNotFound() {
        assertThat(codeOf(() -> wal().restore(WALRestoreRequest.newBuilder()
                        .setSourceWalName("0000000100000000000000AA")
                        .setDestinationFileName(
                                cluster.walDirectory().resolve("RECOVERYXLOG").toString())
                        .build())))
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void storeThatIsAwayMakesTheServiceUnreadyButNotUnhealthy() throws IOException {
        store.script(StoreOperation.LIST, Fault.unavailable(), Fault.unavailable());
        UnixHttp.Answer ready = get("/readyz");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.body()).contains("\"subject\":\"store\",\"good\":false");
        assertThat(get("/healthz").status()).isEqualTo(200);
    }

    @Test
    void failureNamesTheFileInStatusAndMetrics() {
        WalFileName name = WalFileName.parse("0000000100000000000000AA");
        assertThat(codeOf(() -> wal().archive(archive(name)))).isEqualTo(Status.Code.FAILED_PRECONDITION);
        await().untilAsserted(() -> assertThat(
                        json("/status?format=json").at("/troubles/0/name").asText())
                .isEqualTo(name.toString()));
        assertThat(get("/metrics").body())
                .contains("wal_archiver_archive_failures_total{asked=\"true\",kind=\"source_unusable\"} 1.0");
    }

    @Test
    void drainLetsTheRunningCallFinish() throws Exception {
        Sinks.Empty<Void> latch = Sinks.empty();
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.delayUntil(latch.asMono()));
        WalFileName name = cluster.readySegments(1).get(0);
        // Not marked ready, so that look-ahead does not take the delay that is meant for the first.
        WalFileName.Segment last = cluster.name(9);
        cluster.write(last, cluster.segmentBytes(last.segment()));
        ListenableFuture<WALArchiveResult> call =
                WALGrpc.newFutureStub(client.channel()).archive(archive(name));
        await().until(() -> store.calls(StoreOperation.PUT_IF_ABSENT) == 1);
        CompletableFuture<Void> drain = CompletableFuture.runAsync(service::drain);
        // Also a call that comes while draining is answered: PostgreSQL may be archiving its last segments.
        wal().archive(archive(last));
        assertThat(drain).isNotDone();
        latch.tryEmitEmpty();
        assertThat(call.get(5, TimeUnit.SECONDS)).isEqualTo(WALArchiveResult.getDefaultInstance());
        assertThat(drain).succeedsWithin(Duration.ofSeconds(5));
    }

    @Test
    void drainGivesUpWhenTheGraceIsOver() throws IOException {
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.hang());
        ListenableFuture<WALArchiveResult> call = WALGrpc.newFutureStub(client.channel())
                .archive(archive(cluster.readySegments(1).get(0)));
        await().until(() -> store.calls(StoreOperation.PUT_IF_ABSENT) == 1);
        assertThat(CompletableFuture.runAsync(service::drain)).succeedsWithin(Duration.ofSeconds(10));
        service.close();
        assertThat(call).failsWithin(Duration.ofSeconds(5));
        assertThat(settings.socket().path()).doesNotExist();
        assertThat(settings.apiSocket().orElseThrow().path()).doesNotExist();
    }

    @Test
    void backupIntoAStoreThatTheFileDoesNotHaveIsRefusedWithThoseItHas() {
        BackupRequest request =
                backup().putParameters("barmanObjectName", "offsite").build();
        assertThatThrownBy(() -> backups().backup(request))
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> {
                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(failure.getStatus().getDescription())
                            .contains("no ObjectStore \"offsite\"")
                            .contains("it has store");
                });
    }

    @Test
    void backupOfAServerThatDoesNotRunIsRefused() throws IOException {
        assertThatThrownBy(() -> backups().backup(backup().build()))
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> {
                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(failure.getStatus().getDescription()).contains("no server runs on " + cluster.pgdata());
                });
        assertThat(get("/metrics").body()).contains("wal_archiver_backup_running 0.0");
    }

    @Test
    void secondServiceOnTheSameSocketIsRefusedAndHarmless() {
        assertThatThrownBy(() -> Service.start(settings, (workers, observer) -> new InMemoryObjectStore()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another server answers");
        assertThat(get("/healthz").status()).isEqualTo(200);
    }

    private WALGrpc.WALBlockingStub wal() {
        return WALGrpc.newBlockingStub(client.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private BackupGrpc.BackupBlockingStub backups() {
        return BackupGrpc.newBlockingStub(client.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static BackupRequest.Builder backup() {
        return BackupRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8("{\"metadata\": {\"name\": \"orders\"}, \"spec\": {}}"))
                .setBackupDefinition(ByteString.copyFromUtf8("{\"metadata\": {\"name\": \"nightly\"}, \"spec\": {}}"));
    }

    private WALArchiveRequest archive(WalFileName name) {
        return WALArchiveRequest.newBuilder()
                .setSourceFileName(
                        cluster.walDirectory().resolve(name.toString()).toString())
                .build();
    }

    private UnixHttp.Answer get(String path) {
        try {
            return UnixHttp.get(settings.apiSocket().orElseThrow().path(), path, "*/*", Duration.ofSeconds(10));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode json(String path) throws IOException {
        return new ObjectMapper().readTree(get(path).body());
    }

    private static Status.Code codeOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        Status.Code[] code = new Status.Code[1];
        assertThatThrownBy(call)
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> code[0] = failure.getStatus().getCode());
        return code[0];
    }
}
