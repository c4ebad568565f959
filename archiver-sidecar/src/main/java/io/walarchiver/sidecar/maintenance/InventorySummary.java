package io.walarchiver.sidecar.maintenance;

import java.time.Instant;
import java.util.List;

/**
 * What WAL an archive holds.
 *
 * @param at            when it was listed
 * @param objects       how many objects
 * @param bytes         their size in the store
 * @param gaps          ranges of missing segments, those that matter most first; a few of them
 * @param breakingGaps  how many gaps keep a backup from being recovered as far as it should
 * @param otherGaps     how many gaps matter less
 * @param unrecoverable backups that lack WAL they cannot be without
 */
public record InventorySummary(
        Instant at,
        long objects,
        long bytes,
        List<Gap> gaps,
        int breakingGaps,
        int otherGaps,
        List<String> unrecoverable) {

    public InventorySummary {
        gaps = List.copyOf(gaps);
        unrecoverable = List.copyOf(unrecoverable);
    }

    /**
     * Missing segments.
     *
     * @param first    the first one
     * @param last     the last one
     * @param segments how many
     * @param effect   what that means, in snake case
     */
    public record Gap(String first, String last, long segments, String effect) {}
}
