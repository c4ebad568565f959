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
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.walarchiver.archive.ArchiveException;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataRequest;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability;
import io.walarchiver.bridge.cnpgi.identity.ProbeRequest;
import io.walarchiver.bridge.cnpgi.wal.SetFirstRequiredRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveResult;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.wal.WALCapability;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALStatusRequest;
import io.walarchiver.bridge.cnpgi.wal.WALStatusResult;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.ArchivedRange;
import io.walarchiver.sidecar.request.BackupRequests;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.DataDirectories;
import io.walarchiver.sidecar.request.ScriptedBackups;
import io.walarchiver.sidecar.request.ScriptedCalls;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.request.WalRequests;
import io.walarchiver.sidecar.settings.PluginName;
import io.walarchiver.store.Content;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class GrpcServerTest {

    private static final String SEGMENT = "00000001000000000000000A";

    @TempDir
    private Path directory;

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2031-04-05T06:07:08Z"), ZoneOffset.UTC);

    private final ScriptedCalls calls = new ScriptedCalls();
    private final ScriptedBackups backups = new ScriptedBackups();
    private final CallGate gate = new CallGate();
    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private final AtomicBoolean alive = new AtomicBoolean(true);
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private Path pgdata;
    private Path socket;
    private EventLoop loop;
    private GrpcServer server;
    private SocketClient client;

    @BeforeEach
    void serve() throws IOException {
        pgdata = DataDirectories.empty(directory.toRealPath());
        socket = directory.resolve("walarchiver.io");
        loop = new EventLoop();
        server = start();
        client = new SocketClient(socket);
    }

    private GrpcServer start() throws IOException {
        return GrpcServer.start(
                socket,
                Files.getOwner(pgdata),
                loop,
                GrpcServices.instance(
                        new GrpcServices.Process(PluginName.DEFAULT, "1.2.3", health(alive), health(ready)),
                        new WalRequests(new WalPaths(pgdata), calls, calls, gate, Schedulers.immediate()),
                        new ArchivedRange(store, new ArchiveLayout("pg", "db")),
                        new BackupRequests(
                                PluginName.DEFAULT.value(),
                                "pg-1",
                                Optional.of(new ArchiveReference("store", "db")),
                                backups,
                                CLOCK)));
    }

    private static Health health(AtomicBoolean state) {
        return () -> Mono.fromSupplier(() -> new Health.Report(List.of(new Health.Finding("it", state.get(), ""))));
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        server.close();
        loop.close();
    }

    @Test
    void handshakeNamesThePluginAndDeclaresOnlyWhatIsThere() {
        IdentityGrpc.IdentityBlockingStub identity = IdentityGrpc.newBlockingStub(client.channel());
        assertThat(identity.getPluginMetadata(GetPluginMetadataRequest.getDefaultInstance()))
                .satisfies(metadata -> {
                    assertThat(metadata.getName()).isEqualTo("walarchiver.io");
                    assertThat(metadata.getVersion()).isEqualTo("1.2.3");
                });
        assertThat(identity.getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .allMatch(PluginCapability::hasService)
                .extracting(capability -> capability.getService().getType())
                .containsExactly(
                        PluginCapability.Service.Type.TYPE_WAL_SERVICE,
                        PluginCapability.Service.Type.TYPE_BACKUP_SERVICE);
        assertThat(wal().getCapabilities(WALCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .allMatch(WALCapability::hasRpc)
                .extracting(capability -> capability.getRpc().getType())
                .containsExactly(
                        WALCapability.RPC.Type.TYPE_ARCHIVE_WAL,
                        WALCapability.RPC.Type.TYPE_RESTORE_WAL,
                        WALCapability.RPC.Type.TYPE_STATUS);
        assertThat(identity.probe(ProbeRequest.getDefaultInstance()).getReady()).isTrue();
    }

    @Test
    void archiveIsAnsweredWhenTheFileIsDurable() {
        assertThat(wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT)))
                .isEqualTo(WALArchiveResult.getDefaultInstance());
        assertThat(calls.asked).containsExactly("archive " + SEGMENT + " checked");
        assertThat(gate.running()).isZero();
    }

    @Test
    void flagOfNewerOperatorsDecidesTheOwnershipCheck() {
        wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT).toBuilder()
                .setCheckEmptyWalArchive(false)
                .build());
        assertThat(calls.asked).containsExactly("archive " + SEGMENT + " unchecked");
    }

    @Test
    void pathWithTheDataDirectoryTwiceIsUnderstood() {
        wal().archive(archiveOf(pgdata + "" + pgdata + "/pg_wal/" + SEGMENT));
        assertThat(calls.asked).containsExactly("archive " + SEGMENT + " checked");
    }

    @Test
    void pathOutsideIsAnInvalidArgument() {
        assertFails(Status.Code.INVALID_ARGUMENT, () -> wal().archive(archiveOf("/etc/" + SEGMENT)));
        assertThat(calls.asked).isEmpty();
    }

    @Test
    void modeOfARestoreIsTakenFromTheRequestOrItsDestination() {
        wal().restore(restoreTo("pg_wal/RECOVERYXLOG", WALRestoreRequest.Mode.MODE_UNSPECIFIED));
        wal().restore(restoreTo("pg_wal/" + SEGMENT, WALRestoreRequest.Mode.MODE_UNSPECIFIED));
        wal().restore(restoreTo("pg_wal/RECOVERYXLOG", WALRestoreRequest.Mode.MODE_REWIND));
        wal().restore(restoreTo("pg_wal/" + SEGMENT, WALRestoreRequest.Mode.MODE_RECOVERY));
        assertThat(calls.asked)
                .extracting(text -> text.substring(text.lastIndexOf(' ') + 1))
                .containsExactly("recovery", "rewind", "rewind", "recovery");
    }

    @Test
    void modeUnknownToUsIsTreatedAsUnsaid() {
        wal().restore(WALRestoreRequest.newBuilder()
                .setSourceWalName(SEGMENT)
                .setDestinationFileName(pgdata + "/pg_wal/RECOVERYXLOG")
                .setModeValue(99)
                .build());
        assertThat(calls.asked).singleElement().asString().endsWith("recovery");
    }

    @Test
    void failureArrivesAsItsCodeWithTheMessage() {
        calls.answerWith(Mono.error(new ArchiveException.Conflict(SEGMENT + " is archived with other content")));
        assertThat(assertFails(
                                Status.Code.FAILED_PRECONDITION,
                                () -> wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT)))
                        .getDescription())
                .isEqualTo(SEGMENT + " is archived with other content");
    }

    @Test
    void thrownErrorBecomesInternalWithoutItsMessageAndTheServerLivesOn() {
        calls.answerWith(Mono.error(new AssertionError("secret detail")));
        Status status =
                assertFails(Status.Code.INTERNAL, () -> wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT)));
        assertThat(status.getDescription()).doesNotContain("secret detail").doesNotContain("\tat ");
        calls.answerWith(Mono.empty());
        wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT));
    }

    @Test
    void cancelledCallCancelsTheWork() {
        calls.answerWith(Mono.never());
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> WALGrpc.newFutureStub(client.channel())
                .archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT))
                .addListener(() -> {}, Runnable::run));
        await().until(() -> gate.running() == 1);
        context.cancel(null);
        await().untilAsserted(() -> {
            assertThat(calls.cancelled).hasValue(1);
            assertThat(gate.running()).isZero();
        });
    }

    @Test
    void requestLargerThanTheDefaultLimitIsAccepted() {
        wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT).toBuilder()
                .setClusterDefinition(ByteString.copyFrom(new byte[5 << 20]))
                .build());
        assertThat(calls.asked).hasSize(1);
    }

    @Test
    void statusTellsTheFirstAndTheLastSegment() {
        WALStatusResult empty = wal().status(WALStatusRequest.getDefaultInstance());
        assertThat(empty.getFirstWal()).isEmpty();
        assertThat(empty.getLastWal()).isEmpty();
        put("pg/db/wals/0000000100000000/0000000100000000000000FE.zst");
        put("pg/db/wals/0000000100000000/0000000100000000000000FF.gz");
        put("pg/db/wals/0000000100000001/000000010000000100000000.partial.zst");
        put("pg/db/wals/0000000100000001/000000010000000100000003");
        put("pg/db/wals/00000002.history.zst");
        put("pg/db/base/20260101T000000/backup.info");
        WALStatusResult status = wal().status(WALStatusRequest.getDefaultInstance());
        assertThat(status.getFirstWal()).isEqualTo("0000000100000000000000FE");
        assertThat(status.getLastWal()).isEqualTo("000000010000000100000003");
    }

    @Test
    void setFirstRequiredIsNotOffered() {
        assertFails(
                Status.Code.UNIMPLEMENTED, () -> wal().setFirstRequired(SetFirstRequiredRequest.getDefaultInstance()));
    }

    @Test
    void healthTellsTheTruth() {
        HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(client.channel());
        HealthCheckRequest process = HealthCheckRequest.getDefaultInstance();
        HealthCheckRequest archive =
                HealthCheckRequest.newBuilder().setService("cnpgi.wal.v1.WAL").build();
        assertThat(health.check(process).getStatus()).isEqualTo(ServingStatus.SERVING);
        assertThat(health.check(archive).getStatus()).isEqualTo(ServingStatus.SERVING);
        ready.set(false);
        assertThat(health.check(process).getStatus()).isEqualTo(ServingStatus.SERVING);
        assertThat(health.check(archive).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        alive.set(false);
        assertThat(health.check(process).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        assertFails(
                Status.Code.NOT_FOUND,
                () -> health.check(
                        HealthCheckRequest.newBuilder().setService("other").build()));
    }

    @Test
    void livingServerKeepsItsSocket() {
        assertThatThrownBy(this::start).isInstanceOf(IOException.class).hasMessageContaining("another server answers");
        wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT));
    }

    @Test
    void socketOfADeadServerIsReplaced() throws Exception {
        client.close();
        server.close();
        // A killed process cannot unlink: bind without listening leaves such a socket.
        java.nio.channels.ServerSocketChannel dead =
                java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX);
        dead.bind(java.net.UnixDomainSocketAddress.of(socket));
        dead.close();
        assertThat(socket).exists();
        server = start();
        client = new SocketClient(socket);
        wal().archive(archiveOf(pgdata + "/pg_wal/" + SEGMENT));
    }

    @Test
    void fileThatIsNoSocketIsNotRemoved() throws Exception {
        client.close();
        server.close();
        Files.writeString(socket, "precious");
        assertThatThrownBy(this::start).isInstanceOf(IOException.class).hasMessageContaining("no socket");
        assertThat(socket).hasContent("precious");
        Files.delete(socket);
    }

    @Test
    void othersCannotConnect() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw----");
    }

    private WALGrpc.WALBlockingStub wal() {
        return WALGrpc.newBlockingStub(client.channel());
    }

    private static WALArchiveRequest archiveOf(String path) {
        return WALArchiveRequest.newBuilder().setSourceFileName(path).build();
    }

    private WALRestoreRequest restoreTo(String destination, WALRestoreRequest.Mode mode) {
        return WALRestoreRequest.newBuilder()
                .setSourceWalName(SEGMENT)
                .setDestinationFileName(pgdata + "/" + destination)
                .setMode(mode)
                .build();
    }

    private void put(String key) {
        store.put(new ObjectKey(key), Content.of(ByteBuffer.allocateDirect(1)), PutOptions.NONE)
                .block();
    }

    @CanIgnoreReturnValue
    private static Status assertFails(Status.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        Status[] status = new Status[1];
        assertThatThrownBy(call)
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> status[0] = failure.getStatus());
        assertThat(status[0].getCode()).isEqualTo(code);
        return status[0];
    }
}
