package io.walarchiver.sidecar.maintenance;

import java.time.Instant;
import java.util.List;

/**
 * What retention did.
 *
 * @param at             when it ended
 * @param policy         by which policy
 * @param backupsDeleted how many backups it deleted
 * @param filesDeleted   how many WAL files it deleted
 * @param refused        how many objects the store would not delete
 * @param problems       what a person should know; a few of them
 */
public record RetentionSummary(
        Instant at, String policy, int backupsDeleted, long filesDeleted, long refused, List<String> problems) {

    public RetentionSummary {
        problems = List.copyOf(problems);
    }
}
