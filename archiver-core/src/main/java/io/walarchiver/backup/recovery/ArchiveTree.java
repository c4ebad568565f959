package io.walarchiver.backup.recovery;

import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;

/**
 * What the volumes of one archive have in common while they are extracted.
 *
 * <p>A member that comes again replaces the one before, also when it comes in a later volume. With the volumes extracted
 * one after the other that is a matter of course. Side by side, it needs care where it really happens: writers put the
 * files that the server keeps outside its data directory, and {@code backup_label}, at the top level of the last volume.
 * Those files are written under other names and put in place by the number of their volume. Everything else has one
 * volume; should another one hold it too, {@link Overlap} stops the extraction, and the archive is extracted again, one
 * volume after the other.
 */
final class ArchiveTree {

    /** Volumes that are extracted side by side hold the same file. */
    static final class Overlap extends Exception {
        private static final long serialVersionUID = 1L;

        Overlap(String member) {
            super("another volume holds " + member + ", too");
        }
    }

    private final ArchiveRoot root;
    private final MemberRules rules;
    private final UnfinishedMark mark;
    private final Map<String, Integer> placed = new HashMap<>();
    private volatile boolean overlapping;

    ArchiveTree(ArchiveRoot root, MemberRules rules, UnfinishedMark mark) {
        this.root = root;
        this.rules = rules;
        this.mark = mark;
    }

    ArchiveRoot root() {
        return root;
    }

    MemberRules rules() {
        return rules;
    }

    Path controlFile() {
        return mark.controlFile();
    }

    /** A name for a file of volume {@code volume} that is not in place yet. */
    Path draft(int volume) {
        return mark.scratch("draft-" + rules.archive().stem() + "-" + volume);
    }

    /** Puts a draft in its place, unless a later volume has been there. */
    synchronized void place(Path draft, Path place, int volume) throws IOException {
        Integer there = placed.get(place.toString());
        if (there != null && there > volume) {
            Files.delete(draft);
            return;
        }
        if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
            throw new DestinationUnusable("the backup holds " + place + " as a directory and as a file", null);
        }
        Files.move(draft, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        placed.put(place.toString(), volume);
    }

    boolean isOverlapping() {
        return overlapping;
    }

    void overlap() {
        overlapping = true;
    }
}
