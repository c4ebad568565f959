package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The part of an ObjectStore's status that is ours: {@code status.servers[<server>]}, {@code status.conditions} and {@code
 * status.observedGeneration}.
 *
 * <p>Where the definition of the resource is the original one, the API drops these fields without a word. That is found
 * out from its answer to the first write, and nothing is written for a while then.
 *
 * <p>The conditions {@code ArchiveReachable} and {@code Archiving} of a store hold when they hold for all of its servers
 * that have reported lately; each writer makes them anew from the reports of all.
 */
public final class ArchiveReports {

    /** A report says no more than the last one, but a reader has to see that somebody still reports. */
    private static final Duration REFRESH = Duration.ofMinutes(10);

    /** A server that has not reported for so long has no say any more. */
    private static final Duration FORGOTTEN = Duration.ofHours(1);

    /** Until it is tried again whether the resource has our fields now. */
    private static final Duration UNKNOWN_FIELDS = Duration.ofHours(1);

    private static final String SERVERS = "servers";
    private static final String CONDITIONS = "conditions";
    private static final String REPORTED = "reportedTime";
    private static final String READY = "Ready";
    private static final List<String> COMMON = List.of("ArchiveReachable", "Archiving");

    private final String namespace;
    private final StatusUpdate updates;
    private final Clock clock;
    private final Map<String, Instant> unknownUntil = new ConcurrentHashMap<>();

    /** Sends nothing yet. */
    public ArchiveReports(KubernetesApi api, String namespace, Clock clock, Scheduler scheduler) {
        this.namespace = namespace;
        this.updates = new StatusUpdate(api, scheduler);
        this.clock = clock;
    }

    /**
     * Writes the report of a server.
     *
     * @param store      the name of the ObjectStore
     * @param server     whose report
     * @param generation of the ObjectStore that the report is about
     * @return whether the resource has fields for it
     */
    public Mono<Boolean> write(String store, String server, ArchiveReport report, long generation) {
        return apply(
                store,
                object -> report(object, server, report, generation),
                object -> object.path("status").path(SERVERS).path(server).isObject());
    }

    /**
     * Writes the condition {@code Ready} of a store: whether it can be used as it is described.
     *
     * @return whether the resource has conditions
     */
    public Mono<Boolean> writeReady(String store, Verdict verdict, long generation) {
        return apply(
                store,
                object -> changes(object, status -> {
                    Conditions.set(Trees.array(status, CONDITIONS), READY, verdict, generation, clock.instant());
                    observe(status, generation);
                }),
                object -> Conditions.verdict(object.path("status").path(CONDITIONS), READY)
                        .isPresent());
    }

    private Mono<Boolean> apply(String store, Predicate<ObjectNode> change, Predicate<ObjectNode> arrived) {
        return Mono.defer(() -> {
            Instant until = unknownUntil.get(store);
            if (until != null && clock.instant().isBefore(until)) {
                return Mono.just(false);
            }
            ObjectReference reference = new ObjectReference(ResourceKind.OBJECT_STORES, namespace, store);
            return updates.apply(reference, change).map(object -> {
                boolean known = arrived.test(object);
                if (known) {
                    unknownUntil.remove(store);
                } else {
                    unknownUntil.put(store, clock.instant().plus(UNKNOWN_FIELDS));
                }
                return known;
            });
        });
    }

    private boolean report(ObjectNode object, String server, ArchiveReport report, long generation) {
        Instant now = clock.instant();
        JsonNode before = object.path("status").path(SERVERS).path(server);
        boolean fresh = time(before, REPORTED)
                .filter(time -> time.plus(REFRESH).isAfter(now))
                .isPresent();
        // Decided without the time of the report, which alone is no news.
        ObjectNode tried = object.deepCopy();
        boolean news = changes(tried, status -> write(status, server, report, generation, now));
        if (!news && fresh) {
            return false;
        }
        write(Trees.object(object, "status"), server, report, generation, now);
        entry(object, server).put(REPORTED, text(now));
        return true;
    }

    private static void write(ObjectNode status, String server, ArchiveReport report, long generation, Instant now) {
        ObjectNode entry = Trees.object(Trees.object(status, SERVERS), server);
        put(entry, "lastArchivedWal", report.lastArchivedWal());
        put(entry, "lastArchivedTime", report.lastArchivedTime().map(ArchiveReports::text));
        put(entry, "waitingFiles", report.waitingFiles());
        put(entry, "oldestWaitingTime", report.oldestWaiting().map(ArchiveReports::text));
        put(entry, "missingSegments", report.missingSegments());
        put(entry, "sizeBytes", report.sizeBytes());
        ArrayNode own = Trees.array(entry, CONDITIONS);
        Conditions.set(own, COMMON.get(0), report.reachable(), generation, now);
        Conditions.set(own, COMMON.get(1), report.archiving(), generation, now);
        for (String type : COMMON) {
            Conditions.set(Trees.array(status, CONDITIONS), type, common(status, server, type, now), generation, now);
        }
        observe(status, generation);
    }

    /** What all servers together say; the one that reports now is among them and counts. */
    private static Verdict common(ObjectNode status, String reporting, String type, Instant now) {
        Map<String, Verdict> verdicts = new TreeMap<>();
        status.path(SERVERS).properties().forEach(server -> {
            boolean counts = server.getKey().equals(reporting)
                    || time(server.getValue(), REPORTED)
                            .filter(time -> time.plus(FORGOTTEN).isAfter(now))
                            .isPresent();
            if (counts) {
                Conditions.verdict(server.getValue().path(CONDITIONS), type)
                        .ifPresent(verdict -> verdicts.put(server.getKey(), verdict));
            }
        });
        List<Map.Entry<String, Verdict>> failing = verdicts.entrySet().stream()
                .filter(entry -> !entry.getValue().holds())
                .toList();
        if (failing.isEmpty()) {
            String servers = String.join(", ", verdicts.keySet());
            return new Verdict(true, "AllServers", verdicts.size() == 1 ? servers : "all of " + servers);
        }
        return new Verdict(
                false,
                failing.get(0).getValue().reason(),
                failing.stream()
                        .map(entry -> entry.getKey() + ": " + entry.getValue().message())
                        .collect(Collectors.joining("; ")));
    }

    private static boolean changes(ObjectNode object, Consumer<ObjectNode> change) {
        JsonNode before = object.path("status").deepCopy();
        ObjectNode status = Trees.object(object, "status");
        change.accept(status);
        return !status.equals(before);
    }

    private static void observe(ObjectNode status, long generation) {
        Trees.put(
                status,
                "observedGeneration",
                Math.max(generation, status.path("observedGeneration").asLong()));
    }

    private static ObjectNode entry(ObjectNode object, String server) {
        return Trees.object(Trees.object(Trees.object(object, "status"), SERVERS), server);
    }

    private static void put(ObjectNode entry, String field, Optional<String> value) {
        value.ifPresentOrElse(text -> entry.put(field, text), () -> entry.remove(field));
    }

    private static void put(ObjectNode entry, String field, OptionalLong value) {
        value.ifPresentOrElse(number -> Trees.put(entry, field, number), () -> entry.remove(field));
    }

    private static String text(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Optional<Instant> time(JsonNode entry, String field) {
        try {
            return Optional.of(Instant.parse(entry.path(field).asText()));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
