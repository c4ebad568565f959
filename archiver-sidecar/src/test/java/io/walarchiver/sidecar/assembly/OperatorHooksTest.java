package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.fabric8.zjsonpatch.JsonPatch;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataResponse;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilities;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleGrpc;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleRequest;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorOperationType;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorOperationType.Type;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapability;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksGrpc;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksResult.Behavior;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything the operator asks, over mTLS, of a whole process. */
@Timeout(120)
class OperatorHooksTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ROLE = "rbac.authorization.k8s.io/roles/shop/orders-wal-archiver";

    @TempDir
    private Path directory;

    private RunningOperator operator;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        operator = RunningOperator.started(directory);
        channel = operator.channel();
        await().until(operator::isReady);
    }

    @AfterEach
    void stop() throws InterruptedException {
        operator.close();
    }

    @Test
    void handshakeOfEveryConnectionIsAnswered() {
        IdentityGrpc.IdentityBlockingStub identity = IdentityGrpc.newBlockingStub(channel);
        GetPluginMetadataResponse metadata = identity.getPluginMetadata(GetPluginMetadataRequest.getDefaultInstance());
        assertThat(metadata.getName()).isEqualTo("walarchiver.io");
        assertThat(metadata.getVersion()).isNotEmpty();
        assertThat(identity.getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .allMatch(PluginCapability::hasService)
                .extracting(capability -> capability.getService().getType())
                .containsExactly(
                        PluginCapability.Service.Type.TYPE_LIFECYCLE_SERVICE,
                        PluginCapability.Service.Type.TYPE_RECONCILER_HOOKS,
                        PluginCapability.Service.Type.TYPE_INSTANCE_SIDECAR_INJECTION);
        assertThat(lifecycle()
                        .getCapabilities(OperatorLifecycleCapabilitiesRequest.getDefaultInstance())
                        .getLifecycleCapabilitiesList())
                .extracting(OperatorLifecycleCapabilities::getKind)
                .containsExactly("Pod", "Job");
        assertThat(reconciler()
                        .getCapabilities(ReconcilerHooksCapabilitiesRequest.getDefaultInstance())
                        .getReconcilerCapabilitiesList())
                .extracting(ReconcilerHooksCapability::getKind)
                .containsExactly(
                        ReconcilerHooksCapability.Kind.KIND_CLUSTER, ReconcilerHooksCapability.Kind.KIND_BACKUP);
    }

    @Test
    void healthIsAskedInTheStandardWay() {
        HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
        for (String service : List.of("", "cnpgi.operator_lifecycle.v1.OperatorLifecycle")) {
            assertThat(health.check(HealthCheckRequest.newBuilder()
                                    .setService(service)
                                    .build())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
        assertFails(
                Status.Code.NOT_FOUND,
                () -> health.check(
                        HealthCheckRequest.newBuilder().setService("x").build()));
    }

    @Test
    void podGetsItsSidecarOnce() throws IOException {
        stores();
        JsonNode pod = document("pod.json");

        JsonNode evaluated = patched(Type.TYPE_EVALUATE, pod);
        assertThat(evaluated.at("/spec/initContainers/1/image").asText()).isEqualTo(RunningOperator.IMAGE);
        // A new Pod is evaluated first, and what came of that is about to be created.
        assertThat(hook(Type.TYPE_CREATE, evaluated).isEmpty()).isTrue();
        assertThat(hook(Type.TYPE_EVALUATE, pod)).isEqualTo(hook(Type.TYPE_CREATE, pod));
    }

    @Test
    void jobGetsItsSidecarOnce() throws IOException {
        stores();
        JsonNode patched = patched(Type.TYPE_CREATE, document("job.json"));
        assertThat(patched.at("/spec/template/spec/initContainers").toString()).contains("restore-job");
        assertThat(hook(Type.TYPE_CREATE, patched).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Type.class,
            names = {"TYPE_UNSPECIFIED", "TYPE_PATCH", "TYPE_UPDATE", "TYPE_DELETE", "TYPE_DEREGISTER"})
    void nothingElseIsChanged(Type operation) throws IOException {
        stores();
        assertThat(hook(operation, document("pod.json")).isEmpty()).isTrue();
    }

    @Test
    void unknownOperationAndEmptyRequestAreNoCrash() throws IOException {
        stores();
        assertThat(lifecycle()
                        .lifecycleHook(request(document("pod.json"))
                                .setOperationType(
                                        OperatorOperationType.newBuilder().setTypeValue(77))
                                .build())
                        .getJsonPatch()
                        .isEmpty())
                .isTrue();
        assertThat(lifecycle()
                        .lifecycleHook(OperatorLifecycleRequest.getDefaultInstance())
                        .getJsonPatch()
                        .isEmpty())
                .isTrue();
        assertFails(Status.Code.INVALID_ARGUMENT, () -> reconciler().pre(ReconcilerHooksRequest.getDefaultInstance()));
    }

    /** As the operator sends it, byte by byte, without our stubs (CNPG-I contract, OperatorLifecycle). */
    @Test
    void lifecycleHookSpeaksTheContractByteByByte() throws IOException {
        stores();
        byte[] cluster = document("cluster.json").toString().getBytes(StandardCharsets.UTF_8);
        byte[] pod = document("pod.json").toString().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        // operation_type = 1 {type = 1: TYPE_CREATE = 3}, cluster_definition = 2, object_definition = 3
        out.writeByteArray(1, new byte[] {0x08, 0x03});
        out.writeByteArray(2, cluster);
        out.writeByteArray(3, pod);
        out.flush();

        CodedInputStream in = CodedInputStream.newInstance(raw("LifecycleHook", bytes.toByteArray()));
        // json_patch = 1, and nothing else.
        assertThat(in.readTag()).isEqualTo(1 << 3 | 2);
        byte[] patch = in.readByteArray();
        assertThat(in.isAtEnd()).isTrue();
        assertThat(patch).isEqualTo(hook(Type.TYPE_CREATE, document("pod.json")).toByteArray());
        assertThat(raw("LifecycleHook", new byte[0])).isEmpty();
        // group "" is not on the wire; kind = 2, operation_types = 3 {type = 1}.
        assertThat(raw("GetCapabilities", new byte[0])).isEqualTo(new byte[] {
            0x0a, 0x0d, 0x12, 0x03, 'P', 'o', 'd', 0x1a, 0x02, 0x08, 0x03, 0x1a, 0x02, 0x08, 0x06, 0x0a, 0x10, 0x0a,
            0x05, 'b', 'a', 't', 'c', 'h', 0x12, 0x03, 'J', 'o', 'b', 0x1a, 0x02, 0x08, 0x03
        });
    }

    @Test
    void missingStoreIsAnErrorUntilItComes() throws IOException {
        store("old-backups");
        Status status =
                assertFails(Status.Code.FAILED_PRECONDITION, () -> hook(Type.TYPE_EVALUATE, document("pod.json")));
        assertThat(status.getDescription()).contains("backups", "create it");
        // A recovery that is over needs its store no more.
        store("backups");
        operator.kubernetes.objects.remove("barmancloud.cnpg.io/objectstores/shop/old-backups");

        assertThat(hook(Type.TYPE_EVALUATE, document("pod.json")).isEmpty()).isFalse();
        assertFails(Status.Code.FAILED_PRECONDITION, () -> hook(Type.TYPE_CREATE, document("job.json")));
    }

    @Test
    void unreadableStoreIsAnErrorThatNamesTheField() {
        store("old-backups");
        operator.kubernetes.objects.apply("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "tags": 5}}}""");
        Status status =
                assertFails(Status.Code.FAILED_PRECONDITION, () -> hook(Type.TYPE_EVALUATE, document("pod.json")));
        assertThat(status.getDescription()).contains("spec.configuration.tags");
    }

    @Test
    void answersComeFromMemoryAndOutliveTheApi() throws IOException {
        stores();
        await().until(() -> operator.metrics().contains("wal_archiver_operator_stores 2.0"));
        ByteString patch = hook(Type.TYPE_EVALUATE, document("pod.json"));
        operator.kubernetes.setDown(true);

        assertThat(hook(Type.TYPE_EVALUATE, document("pod.json"))).isEqualTo(patch);
        assertFails(Status.Code.UNAVAILABLE, () -> pre(document("cluster.json"), document("cluster.json")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "\"text\"", "{\"metadata\": {\"name\": 5}}", "{\"spec\": {\"plugins\": 5}}"})
    void malformedClusterIsSaidToBe(String cluster) throws IOException {
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                () -> lifecycle()
                        .lifecycleHook(request(document("pod.json"))
                                .setOperationType(operation(Type.TYPE_CREATE))
                                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
                                .build()));
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                () -> reconciler()
                        .pre(ReconcilerHooksRequest.newBuilder()
                                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
                                .setResourceDefinition(ByteString.copyFromUtf8(cluster))
                                .build()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "5", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}"})
    void malformedObjectIsSaidToBe(String object) {
        stores();
        Status status = assertFails(
                Status.Code.INVALID_ARGUMENT,
                () -> lifecycle()
                        .lifecycleHook(request(document("pod.json"))
                                .setOperationType(operation(Type.TYPE_CREATE))
                                .setObjectDefinition(ByteString.copyFromUtf8(object))
                                .build()));
        assertThat(status.getDescription()).isNotBlank().doesNotContain("Exception");
    }

    @Test
    void hugeObjectsPassAndMonstrousOnesAreRefused() throws IOException {
        stores();
        ObjectNode pod = (ObjectNode) document("pod.json");
        ObjectNode annotations = pod.withObject("/metadata/annotations");
        annotations.put("huge", "x".repeat(3 << 20));
        assertThat(hook(Type.TYPE_CREATE, pod).size()).isBetween(100, 100_000);

        annotations.put("huge", "x".repeat(9 << 20));
        assertFails(Status.Code.RESOURCE_EXHAUSTED, () -> hook(Type.TYPE_CREATE, pod));
        annotations.remove("huge");
        assertThat(hook(Type.TYPE_CREATE, pod).isEmpty()).isFalse();
    }

    @Test
    void rightsAreGivenBeforeACluster() throws Exception {
        stores();
        JsonNode cluster = document("cluster.json");

        assertThat(pre(cluster, cluster)).isEqualTo(Behavior.BEHAVIOR_CONTINUE);

        assertThat(operator.kubernetes.objects.get(ROLE).at("/rules/2/resourceNames"))
                .hasSize(1);
        assertThat(reconciler().post(reconcile(cluster, cluster)).getBehavior()).isEqualTo(Behavior.BEHAVIOR_CONTINUE);
        assertThat(operator.metrics())
                .contains("wal_archiver_operator_hook_seconds_count{hook=\"pre\",outcome=\"ok\"} 1");
    }

    @Test
    void storeOfABackupIsAddedToTheRights() throws IOException {
        stores();
        store("weekly");
        JsonNode backup = JSON.readTree("""
                {"kind": "Backup", "metadata": {"name": "b"}, "spec": {"pluginConfiguration":
                 {"name": "walarchiver.io", "parameters": {"barmanObjectName": "weekly"}}}}""");

        assertThat(pre(document("cluster.json"), backup)).isEqualTo(Behavior.BEHAVIOR_CONTINUE);

        assertThat(operator.kubernetes.objects.get(ROLE).at("/rules/0/resourceNames"))
                .extracting(JsonNode::asText)
                .contains("weekly");
    }

    @Test
    void storeThatCannotBeUsedIsToldOnTheClusterAndHoldsNothingUp() throws IOException {
        store("old-backups");
        operator.kubernetes.objects.apply("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "azureCredentials": {}}}}""");
        await().until(() -> operator.kubernetes
                .objects
                .get("barmancloud.cnpg.io/objectstores/shop/backups")
                .at("/status/conditions/0/status")
                .asText()
                .equals("False"));
        JsonNode cluster = document("cluster.json");

        assertThat(pre(cluster, cluster)).isEqualTo(Behavior.BEHAVIOR_CONTINUE);

        List<String> events = new ArrayList<>();
        operator.kubernetes
                .objects
                .list("/events/shop/", "", 100, "")
                .path("items")
                .forEach(event -> events.add(event.path("message").asText()));
        assertThat(events).anyMatch(message -> message.contains("Azure Blob Storage is not supported"));
    }

    @Test
    void manyCallersAtOnceMakeOneRole() throws Exception {
        stores();
        JsonNode cluster = document("cluster.json");
        ExecutorService threads = Executors.newFixedThreadPool(10);
        try {
            List<Future<Behavior>> answers = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                answers.add(threads.submit(() -> pre(cluster, cluster)));
            }
            for (Future<Behavior> answer : answers) {
                assertThat(result(answer)).isEqualTo(Behavior.BEHAVIOR_CONTINUE);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(operator.kubernetes.objects.get(ROLE).at("/rules/0/resourceNames"))
                .hasSize(2);
    }

    private static Behavior result(Future<Behavior> answer) throws InterruptedException, ExecutionException {
        try {
            return answer.get(60, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no answer", e);
        }
    }

    private byte[] raw(String method, byte[] request) {
        MethodDescriptor<byte[], byte[]> descriptor = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("cnpgi.operator_lifecycle.v1.OperatorLifecycle/" + method)
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        return ClientCalls.blockingUnaryCall(channel, descriptor, CallOptions.DEFAULT, request);
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private OperatorLifecycleGrpc.OperatorLifecycleBlockingStub lifecycle() {
        return OperatorLifecycleGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private ReconcilerHooksGrpc.ReconcilerHooksBlockingStub reconciler() {
        return ReconcilerHooksGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private Behavior pre(JsonNode cluster, JsonNode resource) {
        return reconciler().pre(reconcile(cluster, resource)).getBehavior();
    }

    private static ReconcilerHooksRequest reconcile(JsonNode cluster, JsonNode resource) {
        return ReconcilerHooksRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster.toString()))
                .setResourceDefinition(ByteString.copyFromUtf8(resource.toString()))
                .build();
    }

    private ByteString hook(Type operation, JsonNode object) throws IOException {
        return lifecycle()
                .lifecycleHook(
                        request(object).setOperationType(operation(operation)).build())
                .getJsonPatch();
    }

    private static OperatorOperationType operation(Type type) {
        return OperatorOperationType.newBuilder().setType(type).build();
    }

    private static OperatorLifecycleRequest.Builder request(JsonNode object) throws IOException {
        return OperatorLifecycleRequest.newBuilder()
                .setClusterDefinition(
                        ByteString.copyFromUtf8(document("cluster.json").toString()))
                .setObjectDefinition(ByteString.copyFromUtf8(object.toString()));
    }

    private JsonNode patched(Type operation, JsonNode object) throws IOException {
        return JsonPatch.apply(JSON.readTree(hook(operation, object).toByteArray()), object);
    }

    private void stores() {
        store("backups");
        store("old-backups");
    }

    private void store(String name) {
        operator.kubernetes.objects.apply("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "%s", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "s3Credentials": {
                   "accessKeyId": {"name": "keys", "key": "id"}, "secretAccessKey": {"name": "keys", "key": "secret"}}}}}""".formatted(name));
    }

    private static JsonNode document(String name) throws IOException {
        try (InputStream file = OperatorHooksTest.class.getResourceAsStream("/operator/" + name)) {
            return JSON.readTree(Objects.requireNonNull(file).readAllBytes());
        }
    }

    @CanIgnoreReturnValue
    private static Status assertFails(Status.Code code, ThrowingCallable call) {
        List<Status> statuses = new ArrayList<>();
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(StatusRuntimeException.class, failure -> statuses.add(failure.getStatus()));
        assertThat(statuses.get(0).getCode()).as(statuses.get(0).toString()).isEqualTo(code);
        return statuses.get(0);
    }
}
