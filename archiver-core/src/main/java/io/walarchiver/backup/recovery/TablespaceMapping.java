package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.TablespaceLocation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Where tablespaces go. */
@FunctionalInterface
public interface TablespaceMapping {

    /** The absolute directory for a tablespace's files. */
    Path target(TablespaceLocation tablespace);

    /**
     * Called before anything else, with all tablespaces of the backup.
     *
     * @throws IllegalArgumentException when the mapping speaks of tablespaces that the backup does not have
     */
    default void check(List<TablespaceLocation> tablespaces) {}

    /** Where they were on the server. */
    static TablespaceMapping recorded() {
        return tablespace -> Path.of(tablespace.location());
    }

    /**
     * Certain ones elsewhere, the others where they were.
     *
     * @param targets directories by the tablespace's name, its oid in decimal, or its location on the server
     */
    static TablespaceMapping of(Map<String, Path> targets) {
        Map<String, Path> all = Map.copyOf(targets);
        return new TablespaceMapping() {
            @Override
            public Path target(TablespaceLocation tablespace) {
                return names(tablespace).stream()
                        .filter(all::containsKey)
                        .map(all::get)
                        .findFirst()
                        .orElseGet(() -> Path.of(tablespace.location()));
            }

            @Override
            public void check(List<TablespaceLocation> tablespaces) {
                Set<String> unknown = new TreeSet<>(all.keySet());
                tablespaces.forEach(tablespace -> unknown.removeAll(names(tablespace)));
                if (!unknown.isEmpty()) {
                    throw new IllegalArgumentException("the backup has no tablespace " + String.join(", ", unknown)
                            + "; it has "
                            + (tablespaces.isEmpty()
                                    ? "none"
                                    : tablespaces.stream()
                                            .map(t -> t.name() + " (" + t.oid() + ")")
                                            .collect(Collectors.joining(", "))));
                }
            }
        };
    }

    private static List<String> names(TablespaceLocation tablespace) {
        return List.of(tablespace.name(), Long.toString(tablespace.oid()), tablespace.location());
    }
}
