package io.walarchiver.bridge.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code recoveryTarget} of a Cluster as it is written. What the texts mean is PostgreSQL's affair ("Recovery Target" in
 * its manual); nothing is parsed here. Empty texts count as absent.
 *
 * @param backupId   {@code recoveryTarget.backupID}: recover from exactly this base backup
 * @param timeline   {@code targetTLI}: a number or {@code latest}
 * @param xid        {@code targetXID}
 * @param name       {@code targetName}: a restore point
 * @param lsn        {@code targetLSN}
 * @param time       {@code targetTime}; a time without a zone is UTC
 * @param immediate  {@code targetImmediate}: stop as soon as the backup is consistent
 * @param exclusive  {@code exclusive}: stop just before the target instead of just after
 */
public record RecoveryTargetFields(
        Optional<String> backupId,
        Optional<String> timeline,
        Optional<String> xid,
        Optional<String> name,
        Optional<String> lsn,
        Optional<String> time,
        boolean immediate,
        boolean exclusive) {

    private static final String PATH = "spec.bootstrap.recovery.recoveryTarget";

    /** PostgreSQL takes at most one of the five targets. */
    public RecoveryTargetFields {
        long targets =
                Stream.of(xid, name, lsn, time).filter(Optional::isPresent).count() + (immediate ? 1 : 0);
        if (targets > 1) {
            throw new InvalidClusterException("the field " + PATH + " of the Cluster names " + targets
                    + " targets: keep one of targetXID, targetName, targetLSN, targetTime and targetImmediate");
        }
    }

    /** Reads an object, or the missing node for no target at all. */
    static RecoveryTargetFields read(JsonNode target) {
        return new RecoveryTargetFields(
                text(target, "backupID"),
                text(target, "targetTLI"),
                text(target, "targetXID"),
                text(target, "targetName"),
                text(target, "targetLSN"),
                text(target, "targetTime"),
                flag(target, "targetImmediate"),
                flag(target, "exclusive"));
    }

    /** Whether recovery goes on to the end of the archive. */
    public boolean isEndOfArchive() {
        return !immediate && Stream.of(xid, name, lsn, time).allMatch(Optional::isEmpty);
    }

    private static Optional<String> text(JsonNode target, String field) {
        JsonNode value = target.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw new InvalidClusterException("the field " + PATH + "." + field + " of the Cluster is not text");
        }
        return Optional.of(value.textValue()).filter(text -> !text.isEmpty());
    }

    private static boolean flag(JsonNode target, String field) {
        JsonNode value = target.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw new InvalidClusterException(
                    "the field " + PATH + "." + field + " of the Cluster is not true or false");
        }
        return value.booleanValue();
    }
}
