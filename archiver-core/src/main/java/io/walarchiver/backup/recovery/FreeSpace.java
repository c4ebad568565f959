package io.walarchiver.backup.recovery;

import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import io.walarchiver.codec.Compression;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a backup fits where it shall go, as far as its size is known: that of a plain archive is its object's, that of a
 * compressed one is not less, and new records tell the size of all databases together. Blocks.
 */
final class FreeSpace {

    private FreeSpace() {}

    /** Refuses when it certainly does not fit. */
    static void check(RestorePlan plan) throws IOException {
        Map<FileStore, Long> needed = new HashMap<>();
        Map<FileStore, Path> examples = new HashMap<>();
        for (RestorePlan.Part part : plan.archives()) {
            Path existing = nearestExisting(part.target());
            FileStore store = Files.getFileStore(existing);
            needed.merge(store, part.bytes(), Long::sum);
            examples.putIfAbsent(store, part.target());
        }
        long usable = 0;
        for (Map.Entry<FileStore, Long> entry : needed.entrySet()) {
            long free = entry.getKey().getUsableSpace();
            usable += free;
            if (free < entry.getValue()) {
                throw tooSmall(plan, examples.get(entry.getKey()), entry.getValue(), free);
            }
        }
        long cluster = plan.order().backup().info().clusterSizeBytes().orElse(0L);
        if (usable < cluster) {
            throw tooSmall(plan, plan.order().destination().dataDirectory(), cluster, usable);
        }
    }

    private static DestinationUnusable tooSmall(RestorePlan plan, @Nullable Path where, long needed, long free) {
        return new DestinationUnusable(
                "backup " + plan.order().backup().id() + " does not fit: it needs at least " + bytes(needed) + " at "
                        + where + ", where " + bytes(free) + " are free; " + bytes(needed - free) + " are missing",
                null);
    }

    /** The directory itself, or the one it would be created in. */
    static Path nearestExisting(Path path) {
        Path existing = path.toAbsolutePath();
        Path parent = existing.getParent();
        while (!Files.exists(existing) && parent != null) {
            existing = parent;
            parent = existing.getParent();
        }
        return existing;
    }

    /** True when a failure to write means that the file system, or the user's share of it, is full. */
    static boolean isFull(IOException failure, Path where) {
        String text = failure instanceof FileSystemException f ? f.getReason() : failure.getMessage();
        if (text != null) {
            String lower = text.toLowerCase(Locale.ROOT);
            if (lower.contains("no space left") || lower.contains("quota exceeded")) {
                return true;
            }
        }
        // The text of a system error depends on the language of the machine; the free space does not.
        try {
            return Files.getFileStore(nearestExisting(where)).getUsableSpace() < 1 << 20;
        } catch (IOException unknown) {
            return false;
        }
    }

    /** How many bytes are still missing on a full disk, as far as can be told. */
    static String missing(RestorePlan plan, RestoreProgress progress) {
        boolean plain = plan.volumes().stream().allMatch(file -> file.compression() == Compression.NONE);
        long left = Math.max(
                progress.totalBytes() - progress.downloadedBytes(),
                plan.order().backup().info().clusterSizeBytes().orElse(0L) - progress.writtenBytes());
        return (plain ? "about " : "at least ") + bytes(Math.max(left, 0));
    }

    static String bytes(long count) {
        if (count < 10L << 20) {
            return count + " bytes";
        }
        return count < 10L << 30
                ? String.format(Locale.ROOT, "%.1f MiB", count / (double) (1 << 20))
                : String.format(Locale.ROOT, "%.1f GiB", count / (double) (1 << 30));
    }
}
