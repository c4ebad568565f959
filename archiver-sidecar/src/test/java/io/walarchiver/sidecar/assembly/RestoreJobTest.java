package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreResponse;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.sidecar.cli.HandMadeArchive;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import io.walarchiver.sidecar.settings.StoreFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole recovery job over archives in directories, asked as the job of an operator asks. */
@Timeout(120)
class RestoreJobTest {

    @TempDir
    private Path directory;

    private HandMadeArchive archive;
    private Path pgdata;
    private RestoreJob job;
    private SocketClient client;

    @BeforeEach
    void serve() throws IOException {
        directory = directory.toRealPath();
        archive = HandMadeArchive.create(directory);
        pgdata = directory.resolve("volume/pgdata");
        Files.createDirectories(directory.resolve("volume"));
        Files.createDirectories(directory.resolve("tablespaces/hot"));
        Files.createDirectories(directory.resolve("wal"));
        Files.createDirectories(directory.resolve("own"));
        Path stores = Files.writeString(
                directory.resolve("stores.yaml"),
                document("old", archive.bucket()) + "---\n" + document("own", directory.resolve("own")));
        Problems problems = new Problems();
        RestoreJobSettings settings = RestoreJobSettings.of(
                        new RestoreJobSettings.Written(
                                pgdata,
                                directory.resolve("sock"),
                                Optional.of(directory.resolve("spool")),
                                directory.resolve("tablespaces"),
                                directory.resolve("wal"),
                                "walarchiver.io",
                                Optional.of("orders-1-full-recovery"),
                                "64MiB"),
                        problems)
                .orElseThrow();
        StoreFile file = StoreFile.read(stores, problems).orElseThrow();
        problems.throwIfAny();
        job = RestoreJob.start(settings, file);
        client = new SocketClient(directory.resolve("sock"));
    }

    private static String document(String name, Path bucket) {
        return """
                apiVersion: barmancloud.cnpg.io/v1
                kind: ObjectStore
                metadata: {name: %s}
                spec: {configuration: {destinationPath: "file://%s"}}
                """.formatted(name, bucket);
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        job.close();
    }

    @Test
    void backupIsRestoredWithTablespacesAndWalOnTheirVolumes() throws IOException {
        RestoreResponse response = hooks().restore(request(""));

        assertThat(response.getRestoreConfig()).contains("recovery_target_action = promote");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pgdata)))
                .isEqualTo("rwx------");
        assertThat(pgdata.resolve("base/1/1259")).exists();
        assertThat(pgdata.resolve("backup_label")).exists();
        assertThat(Files.readSymbolicLink(pgdata.resolve("pg_tblspc/16384")))
                .isEqualTo(directory.resolve("tablespaces/hot/data"));
        assertThat(directory.resolve("tablespaces/hot/data/PG_17_202406281/16999"))
                .exists();
        assertThat(Files.readSymbolicLink(pgdata.resolve("pg_wal"))).isEqualTo(directory.resolve("wal/pg_wal"));
        // These are the operator's to write.
        assertThat(pgdata.resolve("recovery.signal")).doesNotExist();
        assertThat(pgdata.resolve("postgresql.auto.conf")).hasContent("work_mem = '5MB'\n");
    }

    @Test
    void walFollowsFromTheSameArchive() throws IOException {
        RestoreResponse unused = hooks().restore(request(""));
        String name = archive.cluster().name(2).toString();

        restoreWal(name);

        assertThat(pgdata.resolve("pg_wal/RECOVERYXLOG"))
                .hasBinaryContent(
                        archive.cluster().segmentBytes(archive.cluster().name(2).segment()));
        assertFails(Status.Code.NOT_FOUND, () -> restoreWal("0000000100000000000000AA"));
    }

    @Test
    void snapshotRecoveryGetsItsWalWithoutABaseBackup() throws IOException {
        Files.createDirectories(pgdata.resolve("pg_wal"));
        restoreWal(archive.cluster().name(1).toString());
        assertThat(pgdata.resolve("pg_wal/RECOVERYXLOG")).exists();
    }

    @Test
    void archiveOfTheNewServerMustBeEmpty() throws IOException {
        Path wals = Files.createDirectories(directory.resolve("own/orders/wals/0000000100000000"));
        Files.write(wals.resolve("000000010000000000000001"), new byte[1]);

        Status status = assertFails(Status.Code.FAILED_PRECONDITION, () -> hooks().restore(request("")));
        assertThat(status.getDescription())
                .contains("Expected empty archive", "000000010000000000000001", "serverName");
        assertThat(pgdata).doesNotExist();

        RestoreResponse unused = hooks().restore(
                        request("").toBuilder().setCheckEmptyWalArchive(false).build());
        assertThat(pgdata.resolve("base/1/1259")).exists();
    }

    @Test
    void tablespaceWithoutAVolumeIsNamedBeforeAnythingIsRestored() {
        Status status = assertFails(
                Status.Code.FAILED_PRECONDITION,
                () -> hooks().restore(RestoreRequest.newBuilder()
                        .setClusterDefinition(ByteString.copyFromUtf8(
                                cluster("").replace("\"tablespaces\": [{\"name\": \"hot\"}],", "")))
                        .build()));
        assertThat(status.getDescription()).contains("hot", "spec.tablespaces");
        assertThat(pgdata).doesNotExist();
    }

    @Test
    void targetBeforeEveryBackupIsNotFound() {
        Status status = assertFails(
                Status.Code.NOT_FOUND,
                () -> hooks().restore(request("\"recoveryTarget\": {\"targetTime\": \"2031-04-05 06:00:00\"},")));
        assertThat(status.getDescription()).contains(HandMadeArchive.BACKUP + ": it ends at");
    }

    @Test
    void targetThatIsNoneIsAnInvalidArgument() {
        Status status = assertFails(
                Status.Code.INVALID_ARGUMENT,
                () -> hooks().restore(request("\"recoveryTarget\": {\"targetTime\": \"yesterday\"},")));
        assertThat(status.getDescription()).contains("spec.bootstrap.recovery.recoveryTarget", "yesterday");
    }

    @Test
    void missingFirstWalIsNamed() throws IOException {
        Files.delete(archive.wal(archive.cluster().name(1)));
        Status status = assertFails(Status.Code.FAILED_PRECONDITION, () -> hooks().restore(request("")));
        assertThat(status.getDescription())
                .contains(archive.cluster().name(1).toString())
                .contains("recovery could not start");
        assertThat(pgdata).doesNotExist();
    }

    @Test
    void unknownStoreNamesTheKnownOnes() {
        Status status = assertFails(
                Status.Code.FAILED_PRECONDITION,
                () -> hooks().restore(RestoreRequest.newBuilder()
                        .setClusterDefinition(
                                ByteString.copyFromUtf8(cluster("").replace("\"old\"", "\"elsewhere\"")))
                        .build()));
        assertThat(status.getDescription()).contains("elsewhere", "old, own");
    }

    private RestoreJobHooksGrpc.RestoreJobHooksBlockingStub hooks() {
        return RestoreJobHooksGrpc.newBlockingStub(client.channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private void restoreWal(String name) {
        WALGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .restore(WALRestoreRequest.newBuilder()
                        .setClusterDefinition(ByteString.copyFromUtf8(cluster("")))
                        .setSourceWalName(name)
                        .setDestinationFileName(pgdata + "/pg_wal/RECOVERYXLOG")
                        .build());
    }

    private static RestoreRequest request(String target) {
        return RestoreRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster(target)))
                .build();
    }

    private static String cluster(String target) {
        return """
                {"metadata": {"name": "orders"}, "spec": {
                  "walStorage": {"size": "1Gi"},
                  "tablespaces": [{"name": "hot"}],
                  "plugins": [{"name": "walarchiver.io", "parameters": {"barmanObjectName": "own"}}],
                  "bootstrap": {"recovery": {%s "source": "origin"}},
                  "externalClusters": [{"name": "origin", "plugin": {"name": "walarchiver.io",
                    "parameters": {"barmanObjectName": "old", "serverName": "db"}}}]}}
                """.formatted(target);
    }

    @CanIgnoreReturnValue
    private static Status assertFails(Status.Code code, ThrowingCallable call) {
        Status[] status = new Status[1];
        assertThatThrownBy(call)
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> status[0] = failure.getStatus());
        assertThat(status[0].getCode()).as(String.valueOf(status[0])).isEqualTo(code);
        return status[0];
    }
}
