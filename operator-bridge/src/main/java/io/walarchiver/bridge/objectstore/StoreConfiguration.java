package io.walarchiver.bridge.objectstore;

import java.time.Period;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an ObjectStore means, with the Secrets it names filled in and every rule checked.
 *
 * @param name            {@code metadata.name} of the ObjectStore
 * @param destinationPath as it was written; matters to readers of objects whose key depends on a trailing slash
 * @param provider        where the objects are
 * @param wal             how WAL files are stored
 * @param data            how base backups are stored
 * @param tags            object tags, at most ten
 * @param historyTags     object tags of timeline history files; empty means {@code tags}
 * @param retention       the recovery window; empty keeps everything
 * @param warnings        what works, but not quite as written
 */
public record StoreConfiguration(
        String name,
        String destinationPath,
        StoreProvider provider,
        WalSettings wal,
        DataSettings data,
        Map<String, String> tags,
        Map<String, String> historyTags,
        Optional<Period> retention,
        List<StoreProblem> warnings) {

    /** Copies the collections. */
    public StoreConfiguration {
        tags = Map.copyOf(tags);
        historyTags = Map.copyOf(historyTags);
        warnings = List.copyOf(warnings);
    }
}
