package io.walarchiver.sidecar.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cnpgi.backup.BackupCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.backup.BackupCapability;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.bridge.cnpgi.backup.BackupResult;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.ArchivedRange;
import io.walarchiver.sidecar.request.BackupOrder;
import io.walarchiver.sidecar.request.BackupRequests;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.DataDirectories;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.request.ScriptedBackups;
import io.walarchiver.sidecar.request.ScriptedCalls;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.request.WalRequests;
import io.walarchiver.sidecar.settings.PluginName;
import io.walarchiver.store.InMemoryObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

@Timeout(60)
class BackupServiceTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2031-04-05T06:07:08Z"), ZoneOffset.UTC);

    private static final String CLUSTER = """
            {"metadata": {"name": "orders", "uid": "5f0c"}, "spec": {"plugins": [
              {"name": "walarchiver.io", "isWALArchiver": true,
               "parameters": {"barmanObjectName": "own", "serverName": "orders-eu"}}]}}
            """;
    private static final String BACKUP = """
            {"metadata": {"name": "nightly"}, "spec": {"cluster": {"name": "orders"}, "method": "plugin",
             "pluginConfiguration": {"name": "walarchiver.io", "parameters": {%s}}}}
            """;

    @TempDir
    private Path directory;

    private final ScriptedBackups backups = new ScriptedBackups();
    private EventLoop loop;
    private GrpcServer server;
    private SocketClient client;

    @BeforeEach
    void serve() throws IOException {
        Path pgdata = DataDirectories.empty(directory.toRealPath());
        Path socket = directory.resolve("walarchiver.io");
        ScriptedCalls calls = new ScriptedCalls();
        Health good = () -> Mono.just(new Health.Report(List.of()));
        loop = new EventLoop();
        server = GrpcServer.start(
                socket,
                Files.getOwner(pgdata),
                loop,
                GrpcServices.instance(
                        new GrpcServices.Process(PluginName.DEFAULT, "1.2.3", good, good),
                        new WalRequests(new WalPaths(pgdata), calls, calls, new CallGate(), Schedulers.immediate()),
                        new ArchivedRange(new InMemoryObjectStore(), new ArchiveLayout("pg", "db")),
                        new BackupRequests(
                                PluginName.DEFAULT.value(),
                                "orders-1",
                                Optional.of(new ArchiveReference("usual", "db")),
                                backups,
                                CLOCK)));
        client = new SocketClient(socket);
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        server.close();
        loop.close();
    }

    @Test
    void backupIsTheOneCapability() {
        assertThat(stub().getCapabilities(BackupCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .allMatch(BackupCapability::hasRpc)
                .extracting(capability -> capability.getRpc().getType())
                .containsExactly(BackupCapability.RPC.Type.TYPE_BACKUP);
    }

    @Test
    void resultTellsEverythingTheOperatorWritesDown() {
        BackupResult result = stub().backup(request(CLUSTER, BACKUP.formatted("")));

        assertThat(result)
                .isEqualTo(BackupResult.newBuilder()
                        .setBackupId("20310405T060709")
                        .setBackupName("backup-20310405060708")
                        .setStartedAt(Instant.parse("2031-04-05T06:07:08Z").getEpochSecond())
                        .setStoppedAt(Instant.parse("2031-04-05T06:09:59Z").getEpochSecond())
                        .setBeginWal("0000000A000000020000003F")
                        .setEndWal("0000000A000000020000003F")
                        .setBeginLsn("2/3F000028")
                        .setEndLsn("2/3F000138")
                        .setInstanceId("orders-1")
                        .setOnline(true)
                        .putMetadata("timeline", "10")
                        .putMetadata("version", "1.2.3")
                        .putMetadata("name", "walarchiver.io")
                        .putMetadata("displayName", "wal-archiver")
                        .putMetadata("clusterUID", "5f0c")
                        .putMetadata("pluginName", "walarchiver.io")
                        .putMetadata("barmanObjectName", "own")
                        .putMetadata("serverName", "orders-eu")
                        .build());
        assertThat(backups.asked).singleElement().satisfies(order -> {
            assertThat(order.archive()).isEqualTo(new ArchiveReference("own", "orders-eu"));
            assertThat(order.name()).isEqualTo("backup-20310405060708");
            assertThat(order.cluster()).isPresent();
        });
    }

    @Test
    void parametersOfTheBackupWinOverTheClusterAndThoseOfTheRequestOverBoth() {
        String named = BACKUP.formatted("\"barmanObjectName\": \"second\"");
        stub().backup(request(CLUSTER, named));
        stub().backup(request(CLUSTER, named).toBuilder()
                .putParameters("barmanObjectName", "third")
                .putParameters("serverName", "copy")
                .build());

        assertThat(backups.asked)
                .extracting(BackupOrder::archive)
                .containsExactly(new ArchiveReference("second", "orders-eu"), new ArchiveReference("third", "copy"));
    }

    @Test
    void withoutAClusterTheUsualArchiveIsMeant() {
        stub().backup(BackupRequest.getDefaultInstance());
        stub().backup(BackupRequest.newBuilder()
                .putParameters("serverName", "copy")
                .build());
        stub().backup(request("{\"metadata\": {\"name\": \"bare\"}}", ""));

        assertThat(backups.asked)
                .extracting(BackupOrder::archive)
                .containsExactly(
                        new ArchiveReference("usual", "db"),
                        new ArchiveReference("usual", "copy"),
                        new ArchiveReference("usual", "db"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "[]", "{}", "{\"metadata\": {\"name\": \"x\"}, \"spec\": {\"plugins\": 1}}"})
    void whatIsNotAClusterIsAnInvalidArgument(String cluster) {
        assertFails(Status.Code.INVALID_ARGUMENT, () -> stub().backup(request(cluster, BACKUP.formatted(""))));
        assertThat(backups.asked).isEmpty();
    }

    @Test
    void backupOfAnotherClusterIsAnInvalidArgument() {
        assertThat(assertFails(
                                Status.Code.INVALID_ARGUMENT,
                                () -> stub().backup(
                                                request(CLUSTER.replace("orders\"", "other\""), BACKUP.formatted(""))))
                        .getDescription())
                .contains("nightly", "orders", "other");
    }

    @Test
    void unknownStoreIsAFailedPreconditionThatNamesTheKnownOnes() {
        backups.answerWith(Mono.error(new PreconditionException("no ObjectStore \"own\"; known are a, b")));

        assertThat(assertFails(
                                Status.Code.FAILED_PRECONDITION,
                                () -> stub().backup(request(CLUSTER, BACKUP.formatted(""))))
                        .getDescription())
                .isEqualTo("no ObjectStore \"own\"; known are a, b");
    }

    @Test
    void secondBackupIsRefusedNamingTheFirst() {
        backups.answerWith(Mono.never());
        Context.CancellableContext context = start();
        await().until(() -> !backups.asked.isEmpty());

        assertThat(assertFails(
                                Status.Code.FAILED_PRECONDITION,
                                () -> stub().backup(request(CLUSTER, BACKUP.formatted(""))))
                        .getDescription())
                .contains("backup-20310405060708", "2031-04-05T06:07:08Z");
        assertThat(backups.asked).hasSize(1);
        context.cancel(null);
    }

    @Test
    void cancelledCallCancelsTheBackupAndMakesRoomForTheNext() {
        backups.answerWith(Mono.never());
        Context.CancellableContext context = start();
        await().until(() -> !backups.asked.isEmpty());

        context.cancel(null);

        await().untilAsserted(() -> assertThat(backups.cancelled).hasValue(1));
        backups.answerWith(Mono.just(ScriptedBackups.TAKEN));
        assertThat(stub().backup(request(CLUSTER, BACKUP.formatted(""))).getBackupId())
                .isEqualTo("20310405T060709");
    }

    @Test
    void backupThatFailedMakesRoomForTheNext() {
        backups.answerWith(Mono.error(new IllegalStateException("boom")));
        assertFails(Status.Code.INTERNAL, () -> stub().backup(request(CLUSTER, BACKUP.formatted(""))));

        backups.answerWith(Mono.just(ScriptedBackups.TAKEN));
        assertThat(stub().backup(request(CLUSTER, BACKUP.formatted(""))).getOnline())
                .isTrue();
    }

    private Context.CancellableContext start() {
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> BackupGrpc.newFutureStub(client.channel())
                .backup(request(CLUSTER, BACKUP.formatted("")))
                .addListener(() -> {}, Runnable::run));
        return context;
    }

    private BackupGrpc.BackupBlockingStub stub() {
        return BackupGrpc.newBlockingStub(client.channel());
    }

    private static BackupRequest request(String cluster, String backup) {
        return BackupRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
                .setBackupDefinition(ByteString.copyFromUtf8(backup))
                .build();
    }

    @CanIgnoreReturnValue
    private static Status assertFails(Status.Code code, ThrowingCallable call) {
        Status[] status = new Status[1];
        assertThatThrownBy(call)
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> status[0] = failure.getStatus());
        assertThat(status[0].getCode()).isEqualTo(code);
        return status[0];
    }
}
