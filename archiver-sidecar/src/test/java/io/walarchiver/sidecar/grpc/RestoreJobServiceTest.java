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
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.RestoreJobView;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksCapability;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreResponse;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.wal.WALCapability;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.DataDirectories;
import io.walarchiver.sidecar.request.Incidents;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.request.RecoveryRequests;
import io.walarchiver.sidecar.request.ScriptedRecovery;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.settings.PluginName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

@Timeout(60)
class RestoreJobServiceTest {

    private static final String SEGMENT = "00000001000000000000000A";
    private static final String CLUSTER = """
            {"metadata": {"name": "orders", "annotations": {%s}}, "spec": {
              "walStorage": {"size": "1Gi"}, "tablespaces": [{"name": "hot"}],
              "plugins": [{"name": "walarchiver.io", "parameters": {"barmanObjectName": "own"}}],
              "bootstrap": {"recovery": {"source": "origin", "recoveryTarget": {"targetTime": "2031-04-05 07:00:00"}}},
              "externalClusters": [{"name": "origin", "plugin": {"name": "walarchiver.io",
                "parameters": {"barmanObjectName": "old", "serverName": "orders-old"}}}]}}
            """;

    @TempDir
    private Path directory;

    private final ScriptedRecovery recovery = new ScriptedRecovery();
    private Path pgdata;
    private EventLoop loop;
    private GrpcServer server;
    private SocketClient client;

    @BeforeEach
    void serve() throws IOException {
        pgdata = DataDirectories.empty(directory.toRealPath());
        Path socket = directory.resolve("walarchiver.io");
        Health good = () -> Mono.just(new Health.Report(List.of()));
        loop = new EventLoop();
        server = GrpcServer.start(
                socket,
                Files.getOwner(pgdata),
                loop,
                GrpcServices.restoreJob(
                        new GrpcServices.Process(PluginName.DEFAULT, "1.2.3", good, good),
                        new RecoveryRequests(
                                PluginName.DEFAULT.value(),
                                "orders-1-full-recovery",
                                new WalPaths(pgdata),
                                recovery,
                                Incidents.IGNORED,
                                new CallGate(),
                                Schedulers.immediate())));
        client = new SocketClient(socket);
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        server.close();
        loop.close();
    }

    @Test
    void jobOffersRestoringAndNothingElse() {
        assertThat(IdentityGrpc.newBlockingStub(client.channel())
                        .getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .allMatch(PluginCapability::hasService)
                .extracting(capability -> capability.getService().getType())
                .containsExactly(
                        PluginCapability.Service.Type.TYPE_RESTORE_JOB, PluginCapability.Service.Type.TYPE_WAL_SERVICE);
        assertThat(hooks().getCapabilities(RestoreJobHooksCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .extracting(RestoreJobHooksCapability::getKind)
                .containsExactly(RestoreJobHooksCapability.Kind.KIND_RESTORE);
        assertThat(wal().getCapabilities(WALCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .allMatch(WALCapability::hasRpc)
                .extracting(capability -> capability.getRpc().getType())
                .containsExactly(WALCapability.RPC.Type.TYPE_RESTORE_WAL);
        assertFails(Status.Code.UNIMPLEMENTED, () -> wal().archive(WALArchiveRequest.getDefaultInstance()));
        assertFails(
                Status.Code.UNIMPLEMENTED,
                () -> BackupGrpc.newBlockingStub(client.channel()).backup(BackupRequest.getDefaultInstance()));
    }

    @Test
    void answerIsTheConfigurationTheOperatorAppends() {
        RestoreResponse response = hooks().restore(request(CLUSTER.formatted("")));

        assertThat(response.getRestoreConfig())
                .isEqualTo("recovery_target_action = promote\n"
                        + "restore_command = '/controller/manager wal-restore --log-destination"
                        + " /controller/log/postgres.json %f %p'\n");
        assertThat(response.getEnvsList()).isEmpty();
    }

    @Test
    void orderFollowsFromTheCluster() {
        hooks().restore(request(CLUSTER.formatted("")));

        RestoreJobView job = recovery.jobs.get(0);
        assertThat(job.archive()).isEqualTo(new ArchiveReference("old", "orders-old"));
        assertThat(job.ownArchive()).contains(new ArchiveReference("own", "orders"));
        assertThat(job.target().time()).contains("2031-04-05 07:00:00");
        assertThat(job.tablespaces()).containsExactly("hot");
        assertThat(job.walStorage()).isTrue();
        assertThat(job.checkEmptyArchive()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"'', , true", "'\"cnpg.io/skipEmptyWalArchiveCheck\": \"enabled\"', , false", "'', false, false"})
    void operatorOrAnnotationDecidesAboutTheEmptyArchive(String annotations, Boolean asked, boolean expected) {
        RestoreRequest.Builder request = request(CLUSTER.formatted(annotations)).toBuilder();
        if (asked != null) {
            request.setCheckEmptyWalArchive(asked);
        }
        hooks().restore(request.build());

        assertThat(recovery.jobs.get(0).checkEmptyArchive()).isEqualTo(expected);
    }

    @Test
    void clusterWithoutASourceIsAFailedPreconditionThatSaysWhatToSet() {
        assertThat(assertFails(
                                Status.Code.FAILED_PRECONDITION,
                                () -> hooks().restore(request("{\"metadata\": {\"name\": \"orders\"}}")))
                        .getDescription())
                .contains("spec.bootstrap.recovery.source");
        assertFails(Status.Code.INVALID_ARGUMENT, () -> hooks().restore(request("nonsense")));
        assertThat(recovery.jobs).isEmpty();
    }

    @Test
    void firstUsefulCauseArrives() {
        recovery.answerWith(Mono.error(new PreconditionException("no backup ended before 2031-04-05T07:00:00Z")));
        assertThat(assertFails(Status.Code.FAILED_PRECONDITION, () -> hooks().restore(request(CLUSTER.formatted(""))))
                        .getDescription())
                .isEqualTo("no backup ended before 2031-04-05T07:00:00Z");
    }

    @Test
    void secondRestoreIsRefusedAndACancelledOneStops() {
        recovery.answerWith(Mono.never());
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> RestoreJobHooksGrpc.newFutureStub(client.channel())
                .restore(request(CLUSTER.formatted("")))
                .addListener(() -> {}, Runnable::run));
        await().until(() -> !recovery.jobs.isEmpty());
        assertFails(Status.Code.FAILED_PRECONDITION, () -> hooks().restore(request(CLUSTER.formatted(""))));

        context.cancel(null);
        await().untilAsserted(() -> assertThat(recovery.cancelled).hasValue(1));
        recovery.answerWith(Mono.just(ScriptedRecovery.RESTORED));
        assertThat(hooks().restore(request(CLUSTER.formatted(""))).getRestoreConfig())
                .isNotEmpty();
    }

    @Test
    void walComesFromTheRecoverySource() {
        wal().restore(restoreTo(CLUSTER.formatted(""), "RECOVERYXLOG"));
        assertThat(recovery.asked).containsExactly("old/orders-old " + SEGMENT + " to RECOVERYXLOG recovery");
    }

    @Test
    void walOfASnapshotRecoveryNeedsNoRestoreBefore() {
        // The operator does not ask for a base backup then; the same sidecar only brings WAL.
        assertThat(recovery.jobs).isEmpty();
        wal().restore(restoreTo(CLUSTER.formatted(""), SEGMENT));
        assertThat(recovery.asked).containsExactly("old/orders-old " + SEGMENT + " to " + SEGMENT + " rewind");
    }

    @Test
    void absentWalIsNotFoundAndAStoreThatIsAwayUnavailable() {
        recovery.answerWalWith(Mono.error(new RestoreException.NotArchived("not there")));
        assertFails(Status.Code.NOT_FOUND, () -> wal().restore(restoreTo(CLUSTER.formatted(""), "RECOVERYXLOG")));
        recovery.answerWalWith(Mono.error(new RestoreException.StoreFailed(
                "away",
                new io.walarchiver.store.StoreException.Unavailable(
                        "away", io.walarchiver.store.StoreException.Detail.NONE, null))));
        assertFails(Status.Code.UNAVAILABLE, () -> wal().restore(restoreTo(CLUSTER.formatted(""), "RECOVERYXLOG")));
    }

    @Test
    void walCannotBeRestoredOutsideTheDataDirectory() {
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                () -> wal().restore(WALRestoreRequest.newBuilder()
                        .setClusterDefinition(ByteString.copyFromUtf8(CLUSTER.formatted("")))
                        .setSourceWalName(SEGMENT)
                        .setDestinationFileName("/etc/passwd")
                        .build()));
        assertThat(recovery.asked).isEmpty();
    }

    private RestoreJobHooksGrpc.RestoreJobHooksBlockingStub hooks() {
        return RestoreJobHooksGrpc.newBlockingStub(client.channel());
    }

    private WALGrpc.WALBlockingStub wal() {
        return WALGrpc.newBlockingStub(client.channel());
    }

    private WALRestoreRequest restoreTo(String cluster, String file) {
        return WALRestoreRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
                .setSourceWalName(SEGMENT)
                .setDestinationFileName(pgdata + "/pg_wal/" + file)
                .build();
    }

    private static RestoreRequest request(String cluster) {
        return RestoreRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
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
