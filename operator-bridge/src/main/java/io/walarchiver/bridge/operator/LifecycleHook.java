package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The operator asks this before it creates a Pod or a Job of a Cluster, and when it looks whether a running Pod is still
 * what it would create now.
 *
 * <p>Deterministic to the byte: any difference between two answers to one question would restart instances for ever. An
 * object that has been through here comes out unchanged, as a new Pod is asked about twice.
 */
public final class LifecycleHook {

    /** What happens to the object. */
    public enum Operation {
        /** It is about to be created. */
        CREATE,
        /** It is being compared with a running one. */
        EVALUATE
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NO_CHANGE = new byte[0];

    /** Stores of one Cluster, looked for at the same time. */
    private static final int READ_CONCURRENCY = 3;

    /** A store that was looked for, or the error that came of it. */
    @FunctionalInterface
    private interface Found extends Supplier<Optional<ObjectStoreResource>> {}

    private final OperatorSettings settings;

    /** Pure: keeps nothing between calls. */
    public LifecycleHook(OperatorSettings settings) {
        this.settings = settings;
    }

    /**
     * The names of the stores that {@link #patch} may ask for, so that they can be read before.
     *
     * @param clusterDefinition the Cluster, UTF-8 JSON
     * @throws InvalidClusterException when it cannot be understood
     */
    public SortedSet<String> storeNames(byte[] clusterDefinition) {
        return ClusterStores.of(ClusterView.parse(clusterDefinition), settings.pluginName())
                .names();
    }

    /**
     * What to change in an object.
     *
     * @param operation         what happens to it
     * @param clusterDefinition the Cluster, UTF-8 JSON
     * @param objectDefinition  a Pod or a Job, UTF-8 JSON; others are left alone
     * @param stores            finds an ObjectStore in the namespace of the Cluster
     * @return a JSON patch (RFC 6902) in UTF-8; empty when there is nothing to change
     * @throws InvalidClusterException when the Cluster cannot be understood
     * @throws HookException           when the object cannot be changed as it has to be
     */
    public byte[] patch(
            Operation operation,
            byte[] clusterDefinition,
            byte[] objectDefinition,
            Function<String, Optional<ObjectStoreResource>> stores) {
        return patch(operation, ClusterView.parse(clusterDefinition), objectDefinition, stores);
    }

    /**
     * The same, with the stores read first. An error of {@code stores} is passed on when the answer depends on that store.
     *
     * @param operation         what happens to the object
     * @param clusterDefinition the Cluster, UTF-8 JSON
     * @param objectDefinition  a Pod or a Job, UTF-8 JSON; others are left alone
     */
    public Mono<byte[]> answer(
            Operation operation, byte[] clusterDefinition, byte[] objectDefinition, StoreSource stores) {
        return Mono.defer(() -> {
            ClusterView cluster = ClusterView.parse(clusterDefinition);
            SortedSet<String> names =
                    ClusterStores.of(cluster, settings.pluginName()).names();
            String namespace = cluster.namespace().orElse("");
            return Flux.fromIterable(names)
                    .flatMap(
                            name -> stores.find(namespace, name)
                                    .<Found>map(found -> () -> found)
                                    .onErrorResume(
                                            RuntimeException.class,
                                            e -> Mono.just(() -> {
                                                throw e;
                                            }))
                                    .map(found -> Map.entry(name, found)),
                            READ_CONCURRENCY)
                    .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                    .map(found -> patch(
                            operation,
                            cluster,
                            objectDefinition,
                            name -> found.getOrDefault(name, Optional::empty).get()));
        });
    }

    private byte[] patch(
            Operation operation,
            ClusterView cluster,
            byte[] objectDefinition,
            Function<String, Optional<ObjectStoreResource>> stores) {
        JsonNode object = read(objectDefinition);
        JsonNode wanted = wanted(operation, cluster, object, new SidecarInjection(settings, stores));
        if (wanted.equals(object)) {
            return NO_CHANGE;
        }
        return JsonDiff.asJson(object, wanted, DiffFlags.dontNormalizeOpIntoMoveAndCopy())
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode wanted(
            Operation operation, ClusterView cluster, JsonNode object, SidecarInjection injection) {
        String kind = object.path("kind").asText();
        String apiVersion = object.path("apiVersion").asText();
        if (kind.equals("Pod") && apiVersion.equals("v1")) {
            return injection.pod(cluster, object);
        }
        if (kind.equals("Job") && apiVersion.startsWith("batch/") && operation == Operation.CREATE) {
            return injection.job(cluster, object);
        }
        return object;
    }

    private static JsonNode read(byte[] json) {
        try {
            JsonNode object = JSON.readTree(json);
            if (object.isObject()) {
                return object;
            }
        } catch (IOException e) {
            // Without what the parser says: it may quote the object.
        }
        throw new HookException.InvalidObject("the object is not a JSON object");
    }
}
