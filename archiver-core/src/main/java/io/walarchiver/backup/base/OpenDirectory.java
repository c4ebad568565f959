package io.walarchiver.backup.base;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory on the way down a {@link ClusterWalk}: its entries are looked at one by one, the directories among them
 * remembered for afterwards.
 */
final class OpenDirectory {

    private static final Logger LOG = LoggerFactory.getLogger(OpenDirectory.class);

    private final String name;
    private final Path path;
    private final Map<String, Path> oddNames;
    private final Set<String> unlogged;
    private final boolean holdsRelations;
    private final Iterator<String> entries;
    private final List<String> directories = new ArrayList<>();
    private @Nullable Iterator<String> afterwards;

    private OpenDirectory(String name, Path path, List<String> entries, Map<String, Path> oddNames) {
        this.name = name;
        this.path = path;
        this.oddNames = oddNames;
        boolean ofDatabase = ClusterExclusions.isOfDatabase(name);
        this.unlogged = ofDatabase ? ClusterExclusions.unlogged(entries) : Set.of();
        this.holdsRelations = ofDatabase || name.equals("global");
        this.entries = entries.iterator();
    }

    /**
     * Reads the names in a directory. Blocks.
     *
     * @param name   relative to where the walk began, empty there
     * @param filter which entries count
     */
    static OpenDirectory list(String name, Path path, Predicate<String> filter) throws IOException {
        List<String> entries = new ArrayList<>();
        Map<String, Path> oddNames = new HashMap<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
            for (Path entry : stream) {
                Optional<String> text = MemberNames.nameOf(entry);
                if (text.isEmpty()) {
                    LOG.atWarn().addKeyValue("file", entry).log("left out of the backup: its name is not UTF-8");
                } else if (filter.test(text.get())) {
                    entries.add(text.get());
                    if (!text.get().equals(String.valueOf(entry.getFileName()))) {
                        // Only the path itself leads back to the file.
                        oddNames.put(text.get(), entry);
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(entries);
        return new OpenDirectory(name, path, entries, oddNames);
    }

    /** Relative to where the walk began, empty there. */
    String name() {
        return name;
    }

    /** The name of an entry, relative to where the walk began. */
    String child(String entry) {
        return name.isEmpty() ? entry : name + "/" + entry;
    }

    Path resolve(String entry) {
        Path odd = oddNames.get(entry);
        return odd == null ? path.resolve(entry) : odd;
    }

    /** True when files of the right names hold pages. */
    boolean holdsRelations() {
        return holdsRelations;
    }

    /** The file nodes of unlogged relations. */
    Set<String> unlogged() {
        return unlogged;
    }

    boolean hasEntry() {
        return entries.hasNext();
    }

    String nextEntry() {
        return entries.next();
    }

    /** To be gone into when there are no more entries. */
    void addDirectory(String entry) {
        directories.add(entry);
    }

    boolean hasDirectory() {
        return remaining().hasNext();
    }

    String nextDirectory() {
        return remaining().next();
    }

    private Iterator<String> remaining() {
        Iterator<String> known = afterwards;
        if (known == null) {
            known = directories.iterator();
            afterwards = known;
        }
        return known;
    }
}
