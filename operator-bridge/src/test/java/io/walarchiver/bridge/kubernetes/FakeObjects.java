package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The objects of {@link FakeKubernetes} and their history. A key is {@code group/plural/namespace/name}. */
public final class FakeObjects {

    /** An error answer. */
    static final class ApiError extends RuntimeException {
        private static final long serialVersionUID = 1L;

        final int code;

        ApiError(int code, String message) {
            super(message, null, false, false);
            this.code = code;
        }
    }

    record Change(long version, String key, String type, ObjectNode object) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    private final TreeMap<String, ObjectNode> objects = new TreeMap<>();
    private final List<Change> history = new ArrayList<>();
    private final Map<String, Consumer<ObjectNode>> pruning = new HashMap<>();
    private long version = 100;
    private long compacted;
    private long epoch;

    static ObjectNode status(ApiError error) {
        return JSON.createObjectNode()
                .put("kind", "Status")
                .put("status", "Failure")
                .put("message", error.getMessage())
                .put("code", error.code);
    }

    /** Puts an object in, as {@code kubectl apply} would. */
    @CanIgnoreReturnValue
    public synchronized ObjectNode apply(String plural, String json) {
        ObjectNode object = (ObjectNode) tree(json);
        String apiVersion = object.path("apiVersion").asText();
        String group = apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
        String key =
                group + "/" + plural + "/" + object.at("/metadata/namespace").asText() + "/"
                        + object.at("/metadata/name").asText();
        ObjectNode old = objects.get(key);
        if (old == null) {
            return store(key, "ADDED", object, null);
        }
        if (!object.has("status") && old.has("status")) {
            object.set("status", old.get("status"));
        }
        return store(key, "MODIFIED", object, old);
    }

    /** Leaves out what a kind's schema does not know. */
    synchronized void prune(String groupAndPlural, Consumer<ObjectNode> change) {
        pruning.put(groupAndPlural, change);
    }

    public synchronized ObjectNode get(String key) {
        ObjectNode object = objects.get(key);
        if (object == null) {
            throw new ApiError(404, key + " not found");
        }
        return object.deepCopy();
    }

    public synchronized boolean has(String key) {
        return objects.containsKey(key);
    }

    public synchronized void remove(String key) {
        ObjectNode old = get(key);
        objects.remove(key);
        version++;
        ((ObjectNode) old.get("metadata")).put("resourceVersion", Long.toString(version));
        record(new Change(version, key, "DELETED", old));
    }

    public synchronized ObjectNode list(String prefix, String name, int limit, String after) {
        ObjectNode list = JSON.createObjectNode().put("kind", "List").put("apiVersion", "v1");
        ArrayNode items = list.putArray("items");
        ObjectNode metadata = list.putObject("metadata").put("resourceVersion", Long.toString(version));
        String last = prefix;
        for (Map.Entry<String, ObjectNode> entry :
                objects.tailMap(prefix + after, false).entrySet()) {
            if (!entry.getKey().startsWith(prefix)) {
                break;
            }
            if (items.size() == limit) {
                metadata.put("continue", last.substring(prefix.length()));
                break;
            }
            if (name.isEmpty() || entry.getKey().equals(prefix + name)) {
                ObjectNode item = entry.getValue().deepCopy();
                if (prefix.startsWith("/")) {
                    // As the API does for kinds of its own.
                    item.remove(List.of("apiVersion", "kind"));
                }
                items.add(item);
                last = entry.getKey();
            }
        }
        return list;
    }

    synchronized ObjectNode create(String prefix, ObjectNode object) {
        String key = prefix + object.at("/metadata/name").asText();
        if (objects.containsKey(key)) {
            throw new ApiError(409, key + " already exists");
        }
        return store(key, "ADDED", object, null);
    }

    public synchronized ObjectNode replace(String key, boolean status, ObjectNode object) {
        ObjectNode old = get(key);
        String expected = object.at("/metadata/resourceVersion").asText();
        if (!expected.isEmpty()
                && !expected.equals(old.at("/metadata/resourceVersion").asText())) {
            throw new ApiError(409, "the object has been modified");
        }
        ObjectNode result = status ? old.deepCopy() : object.deepCopy();
        JsonNode newStatus = status ? object.get("status") : old.get("status");
        if (newStatus == null) {
            result.remove("status");
        } else {
            result.set("status", newStatus.deepCopy());
        }
        return store(key, "MODIFIED", result, old);
    }

    synchronized ObjectNode patch(String key, boolean status, ObjectNode patch) {
        ObjectNode patched = get(key);
        String expected = patch.at("/metadata/resourceVersion").asText();
        if (!expected.isEmpty()
                && !expected.equals(patched.at("/metadata/resourceVersion").asText())) {
            throw new ApiError(409, "the object has been modified");
        }
        merge(patched, patch);
        return replace(key, status, patched);
    }

    synchronized ObjectNode delete(String key, JsonNode preconditions) {
        ObjectNode old = get(key);
        for (String field : List.of("uid", "resourceVersion")) {
            String expected = preconditions.path(field).asText();
            if (!expected.isEmpty()
                    && !expected.equals(old.path("metadata").path(field).asText())) {
                throw new ApiError(409, "the " + field + " is another one");
            }
        }
        remove(key);
        return JSON.createObjectNode().put("kind", "Status").put("status", "Success");
    }

    /** Forgets the history: watches from before it are answered with 410. */
    synchronized void compact() {
        compacted = version;
        history.clear();
    }

    /** Ends all watches. */
    synchronized void wakeWatches() {
        epoch++;
        notifyAll();
    }

    synchronized long watchEpoch() {
        return epoch;
    }

    /** Waits for changes; none when the watch has to end. */
    synchronized List<Change> changesAfter(long after, String prefix, String name, long watchEpoch, long deadline) {
        while (true) {
            if (after < compacted) {
                throw new ApiError(410, "too old resource version");
            }
            List<Change> changes = history.stream()
                    .filter(change -> change.version() > after)
                    .filter(change -> name.isEmpty()
                            ? change.key().startsWith(prefix)
                            : change.key().equals(prefix + name))
                    .toList();
            long left = deadline - System.nanoTime();
            if (!changes.isEmpty() || left <= 0 || epoch != watchEpoch) {
                return changes;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, left));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return List.of();
            }
        }
    }

    private ObjectNode store(String key, String type, ObjectNode object, @Nullable ObjectNode old) {
        ObjectNode stored = object.deepCopy();
        String[] parts = key.split("/", -1);
        pruning.getOrDefault(parts[0] + "/" + parts[1], ignored -> {}).accept(stored);
        ObjectNode metadata = (ObjectNode) stored.get("metadata");
        metadata.put("namespace", parts[2]);
        if (old == null) {
            metadata.put("uid", UUID.randomUUID().toString());
            metadata.put("generation", 1);
        } else {
            metadata.put("uid", old.at("/metadata/uid").asText());
            boolean sameSpec = String.valueOf(old.get("spec")).equals(String.valueOf(stored.get("spec")));
            metadata.put("generation", old.at("/metadata/generation").asLong() + (sameSpec ? 0 : 1));
        }
        version++;
        metadata.put("resourceVersion", Long.toString(version));
        objects.put(key, stored);
        record(new Change(version, key, type, stored.deepCopy()));
        return stored.deepCopy();
    }

    private void record(Change change) {
        history.add(change);
        notifyAll();
    }

    private static void merge(ObjectNode target, ObjectNode patch) {
        patch.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (value.isNull()) {
                target.remove(entry.getKey());
            } else if (value instanceof ObjectNode object) {
                if (!(target.get(entry.getKey()) instanceof ObjectNode)) {
                    target.putObject(entry.getKey());
                }
                merge((ObjectNode) target.get(entry.getKey()), object);
            } else {
                target.set(entry.getKey(), value.deepCopy());
            }
        });
    }

    static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
