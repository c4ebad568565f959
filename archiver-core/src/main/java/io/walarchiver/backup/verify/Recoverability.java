package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.CatalogEntry;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What can be recovered from an archive, as far as names tell: a pure function of what is there.
 *
 * @param ranges        of each usable backup that can become consistent, oldest backup first
 * @param unrecoverable usable backups that cannot
 * @param gaps          of all timelines, ascending
 */
public record Recoverability(List<RecoverableRange> ranges, List<UnrecoverableBackup> unrecoverable, List<Gap> gaps) {

    public Recoverability {
        ranges = List.copyOf(ranges);
        unrecoverable = List.copyOf(unrecoverable);
        gaps = List.copyOf(gaps);
    }

    /**
     * Combines what an archive holds.
     *
     * @param inventory its WAL, read with the right segment size
     * @param histories how its timelines descend from each other
     * @param catalog   its backups; those that are not usable take no part
     */
    public static Recoverability of(
            WalInventory inventory, TimelineHistories histories, Collection<? extends CatalogEntry> catalog) {
        return new Recovery(inventory, histories, catalog).assess();
    }

    /** The range of the oldest backup that has one: the beginning of what can be recovered. */
    public Optional<RecoverableRange> oldest() {
        return ranges.stream().findFirst();
    }

    /** The range of the newest backup that has one. */
    public Optional<RecoverableRange> newest() {
        return ranges.isEmpty() ? Optional.empty() : Optional.of(ranges.get(ranges.size() - 1));
    }
}
