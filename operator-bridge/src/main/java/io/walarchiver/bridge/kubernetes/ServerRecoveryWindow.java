package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code status.serverRecoveryWindow} of an ObjectStore, to the second, as Kubernetes writes times.
 *
 * @param firstRecoverabilityPoint end of the oldest usable base backup
 * @param lastSuccessfulBackup     end of the newest usable base backup
 * @param lastFailedBackup         when a backup was last found to have failed
 */
public record ServerRecoveryWindow(
        Optional<Instant> firstRecoverabilityPoint,
        Optional<Instant> lastSuccessfulBackup,
        Optional<Instant> lastFailedBackup) {

    /** Nothing known. */
    public static final ServerRecoveryWindow EMPTY =
            new ServerRecoveryWindow(Optional.empty(), Optional.empty(), Optional.empty());

    private static final String FIRST = "firstRecoverabilityPoint";
    private static final String LAST = "lastSuccessfulBackupTime";
    private static final String FAILED = "lastFailedBackupTime";

    /** What early releases of the original plugin wrote for {@link #LAST}. */
    private static final String MISSPELLED_LAST = "lastSuccussfulBackupTime";

    /** Cuts the times to seconds. */
    public ServerRecoveryWindow {
        firstRecoverabilityPoint = firstRecoverabilityPoint.map(ServerRecoveryWindow::seconds);
        lastSuccessfulBackup = lastSuccessfulBackup.map(ServerRecoveryWindow::seconds);
        lastFailedBackup = lastFailedBackup.map(ServerRecoveryWindow::seconds);
    }

    /** The same with what the catalog says; what it has no more is taken away. */
    public ServerRecoveryWindow withBackups(Optional<Instant> first, Optional<Instant> last) {
        return new ServerRecoveryWindow(first, last, lastFailedBackup);
    }

    /** The same with a failure; an earlier one than known changes nothing. */
    public ServerRecoveryWindow withFailure(Instant failure) {
        return new ServerRecoveryWindow(
                firstRecoverabilityPoint,
                lastSuccessfulBackup,
                Optional.of(
                        lastFailedBackup.filter(known -> known.isAfter(failure)).orElse(failure)));
    }

    /** Reads an entry; what is not a time counts as absent. */
    static ServerRecoveryWindow read(JsonNode entry) {
        return new ServerRecoveryWindow(
                time(entry, FIRST), time(entry, LAST).or(() -> time(entry, MISSPELLED_LAST)), time(entry, FAILED));
    }

    /** Writes into an entry, whose other fields stay. */
    void writeTo(ObjectNode entry) {
        fields().forEach((name, time) -> {
            if (time == null) {
                entry.remove(name);
            } else {
                entry.put(name, time.toString());
            }
        });
    }

    /** The difference as a merge patch of the entry. */
    void writeDifference(ServerRecoveryWindow before, JsonNode entry, ObjectNode patch) {
        Map<String, @Nullable Instant> old = before.fields();
        fields().forEach((name, time) -> {
            boolean misspelled = name.equals(MISSPELLED_LAST);
            boolean changed = misspelled ? entry.has(name) : !Objects.equals(time, old.get(name));
            if (changed && time == null) {
                patch.putNull(name);
            } else if (changed) {
                patch.put(name, String.valueOf(time));
            }
        });
    }

    private Map<String, @Nullable Instant> fields() {
        Map<String, @Nullable Instant> fields = new LinkedHashMap<>();
        fields.put(FIRST, firstRecoverabilityPoint.orElse(null));
        fields.put(LAST, lastSuccessfulBackup.orElse(null));
        fields.put(FAILED, lastFailedBackup.orElse(null));
        fields.put(MISSPELLED_LAST, null);
        return fields;
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    private static Optional<Instant> time(JsonNode entry, String field) {
        JsonNode text = entry.path(field);
        if (!text.isTextual()) {
            return Optional.empty();
        }
        try {
            return Optional.of(OffsetDateTime.parse(text.textValue()).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
