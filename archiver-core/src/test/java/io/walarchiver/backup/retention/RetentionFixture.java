package io.walarchiver.backup.retention;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** An archive in memory, and the short way to plan and to run. */
final class RetentionFixture {

    static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders");

    final InMemoryObjectStore memory = new InMemoryObjectStore();

    private final SortedSet<String> everPlaced = new TreeSet<>();

    private RetentionFixture() {}

    static RetentionFixture empty() {
        return new RetentionFixture();
    }

    FakeBackup backup(String id, String wal, String endTime) {
        return FakeBackup.done(id, wal, Instant.parse(endTime));
    }

    void place(FakeBackup backup) {
        backup.placeIn(memory, LAYOUT);
        everPlaced.addAll(keys());
    }

    /** Places an object below {@code wals/}. */
    void wal(String... names) {
        for (String name : names) {
            String key = name.contains("/") || name.length() < 24 ? name : name.substring(0, 16) + "/" + name;
            object(LAYOUT.walPrefix() + key, "x");
        }
    }

    /** Places the segments of one log, from the first to the last. */
    void wal(int timeline, int log, int first, int last) {
        for (int segment = first; segment <= last; segment++) {
            wal(segment(timeline, log, segment));
        }
    }

    void history(int timeline, String... lines) {
        object(LAYOUT.walPrefix() + "%08X.history".formatted(timeline), String.join("\n", lines) + "\n");
    }

    void object(String key, String content) {
        memory.place(new ObjectKey(key), content.getBytes(StandardCharsets.UTF_8), Map.of());
        everPlaced.add(brief(key));
    }

    /** Every key that was placed here, gone or not. */
    SortedSet<String> everPlaced() {
        return everPlaced;
    }

    static String segment(int timeline, int log, int segment) {
        return "%08X%08X%08X".formatted(timeline, log, segment);
    }

    BackupCatalog catalog(ObjectStore store) {
        return new BackupCatalog(store, LAYOUT, PutOptions.NONE);
    }

    RetentionPlan plan(String policy, int minimum, Instant now) {
        return plan(memory, policy, minimum, now);
    }

    RetentionPlan plan(ObjectStore store, String policy, int minimum, Instant now) {
        return new Retention(store, LAYOUT, catalog(store))
                .plan(RetentionPolicy.parse(policy), minimum, now)
                .blockOptional()
                .orElseThrow();
    }

    RetentionPlan planDeletion(String id, int minimum) {
        return new Retention(memory, LAYOUT, catalog(memory))
                .planDeletion(new BackupId(id), minimum)
                .blockOptional()
                .orElseThrow();
    }

    RetentionReport run(RetentionPlan plan) {
        return run(memory, plan);
    }

    RetentionReport run(ObjectStore store, RetentionPlan plan) {
        return new RetentionRun(store, LAYOUT, catalog(store))
                .execute(plan)
                .blockOptional()
                .orElseThrow();
    }

    List<WalRange> ranges(RetentionPlan plan) {
        return new Retention(memory, LAYOUT, catalog(memory))
                .deletedWal(plan)
                .collectList()
                .blockOptional()
                .orElseThrow();
    }

    Set<String> plannedKeys(RetentionPlan plan) {
        return new Retention(memory, LAYOUT, catalog(memory))
                .deletedKeys(plan)
                .map(key -> brief(key.value()))
                .collect(Collectors.toCollection(TreeSet::new))
                .blockOptional()
                .orElseThrow();
    }

    /** All keys: {@code B:} and what is below {@code base/}, or what is below {@code wals/}. */
    SortedSet<String> keys() {
        return memory.keys().stream().map(key -> brief(key.value())).collect(Collectors.toCollection(TreeSet::new));
    }

    static String brief(String key) {
        return key.replace(LAYOUT.basePrefix(), "B:").replace(LAYOUT.walPrefix(), "");
    }
}
