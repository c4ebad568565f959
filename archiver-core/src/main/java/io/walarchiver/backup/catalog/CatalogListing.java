package io.walarchiver.backup.catalog;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/**
 * What the listing of {@code base/} tells about the backups. One listing of all their objects costs no more requests than
 * their directories alone, as a backup has few objects, and it tells the keep marks and the archives as well.
 */
final class CatalogListing {

    static final String RECORD = "backup.info";
    static final String KEEP = "annotations/keep";

    private final ObjectStore store;
    private final ArchiveLayout layout;

    CatalogListing(ObjectStore store, ArchiveLayout layout) {
        this.store = store;
        this.layout = layout;
    }

    /**
     * What a directory below {@code base/} holds, as far as it matters here.
     *
     * @param record   the record, if there is one
     * @param keeps    the keep marks at either spelling of their key
     * @param main     the main archives that are there
     * @param archives all archives and volumes, summed up; empty when there are none
     */
    record Directory(
            BackupId id,
            Optional<ObjectInfo> record,
            List<ObjectInfo> keeps,
            Set<Archive> main,
            Optional<BackupRemains> archives) {

        /** The main archives the record promises and the directory does not have. */
        List<Archive> missing(BackupInfo info) {
            List<Archive> missing = new ArrayList<>();
            if (info.isSnapshot() || info.status() != BackupStatus.DONE) {
                return missing;
            }
            List<Archive> promised = new ArrayList<>(List.of(new Archive.Data()));
            info.tablespaces().stream()
                    // A relative location is inside the data directory, and so is its content.
                    .filter(tablespace -> tablespace.location().startsWith("/"))
                    .forEach(tablespace -> promised.add(new Archive.Tablespace(tablespace.oid())));
            promised.stream().filter(archive -> !main.contains(archive)).forEach(missing::add);
            return missing;
        }
    }

    /** All directories in the order of their names. Holds no more than one of them, and the marks at the other spelling. */
    Flux<Directory> directories() {
        return keepsOfOtherSpelling(layout.otherAnnotationPrefix())
                .flatMapMany(other -> store.list(layout.basePrefix())
                        .handle(this::relevant)
                        .bufferUntilChanged(Item::id)
                        .map(items -> directory(items, other)));
    }

    /** One directory; empty when it has no object that matters. */
    Mono<Directory> directory(BackupId id) {
        return keepsOfOtherSpelling(layout.otherAnnotationPrefix().map(prefix -> prefix + id + "/"))
                .flatMap(other -> store.list(layout.backupPrefix(id.value()))
                        .handle(this::relevant)
                        .collectList()
                        .filter(items -> !items.isEmpty())
                        .map(items -> directory(items, other)));
    }

    /** Every record and keep mark with what the listing says of it: when this is unchanged, so is the catalog. */
    Mono<SortedMap<String, String>> marks() {
        return directories().collect(TreeMap::new, (marks, directory) -> {
            directory.record().ifPresent(object -> mark(marks, object));
            directory.keeps().forEach(object -> mark(marks, object));
        });
    }

    private static void mark(Map<String, String> marks, ObjectInfo object) {
        marks.put(object.key().value(), object.size() + " " + object.lastModified());
    }

    private Mono<Map<BackupId, ObjectInfo>> keepsOfOtherSpelling(Optional<String> prefix) {
        return Mono.justOrEmpty(prefix)
                .flatMapMany(store::list)
                .filter(object -> object.key().value().endsWith("/" + KEEP))
                .collect(
                        HashMap::new,
                        (keeps, object) -> idOf(
                                        object.key(),
                                        layout.otherAnnotationPrefix().orElseThrow())
                                .ifPresent(id -> keeps.put(id, object)));
    }

    private Optional<BackupId> idOf(ObjectKey key, String prefix) {
        String rest = key.value().substring(prefix.length());
        int slash = rest.indexOf('/');
        return slash < 1 ? Optional.empty() : Optional.of(new BackupId(rest.substring(0, slash)));
    }

    private record Item(BackupId id, String name, ObjectInfo object) {}

    private void relevant(ObjectInfo object, SynchronousSink<Item> sink) {
        idOf(object.key(), layout.basePrefix()).ifPresent(id -> {
            String name = object.key()
                    .value()
                    .substring(layout.backupPrefix(id.value()).length());
            if (name.equals(RECORD) || name.equals(KEEP) || archive(name).isPresent()) {
                sink.next(new Item(id, name, object));
            }
        });
    }

    private static Optional<ArchiveName> archive(String name) {
        return ArchiveName.of(name).filter(archive -> archive.compression().isPresent());
    }

    private static Directory directory(List<Item> items, Map<BackupId, ObjectInfo> otherKeeps) {
        BackupId id = items.get(0).id();
        List<ObjectInfo> keeps = new ArrayList<>();
        items.stream()
                .filter(item -> item.name().equals(KEEP))
                .map(Item::object)
                .forEach(keeps::add);
        Optional.ofNullable(otherKeeps.get(id)).ifPresent(keeps::add);
        List<Item> archives =
                items.stream().filter(item -> archive(item.name()).isPresent()).toList();
        return new Directory(
                id,
                items.stream()
                        .filter(item -> item.name().equals(RECORD))
                        .map(Item::object)
                        .findFirst(),
                keeps,
                archives.stream()
                        .flatMap(item -> archive(item.name()).stream())
                        .filter(ArchiveName::main)
                        .map(ArchiveName::archive)
                        .collect(Collectors.toSet()),
                remains(id, archives));
    }

    private static Optional<BackupRemains> remains(BackupId id, List<Item> archives) {
        return archives.stream()
                .map(item -> item.object().lastModified())
                .max(Comparator.naturalOrder())
                .map(newest -> new BackupRemains(
                        id,
                        archives.size(),
                        archives.stream()
                                .mapToLong(item -> item.object().size())
                                .sum(),
                        newest));
    }
}
