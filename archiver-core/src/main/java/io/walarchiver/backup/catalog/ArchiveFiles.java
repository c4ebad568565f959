package io.walarchiver.backup.catalog;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The archives of one backup as a listing of its directory tells them. */
final class ArchiveFiles {

    private static final Logger log = LoggerFactory.getLogger(ArchiveFiles.class);

    private ArchiveFiles() {}

    private record Found(ArchiveName name, ObjectInfo object) {}

    static Mono<List<BackupFile>> of(ObjectStore store, ArchiveLayout layout, BackupId id) {
        String prefix = layout.backupPrefix(id.value());
        return store.list(prefix)
                .<Found>handle(
                        (object, sink) -> ArchiveName.of(object.key().value().substring(prefix.length()))
                                .filter(name -> isReadable(id, name, object))
                                .ifPresent(name -> sink.next(new Found(name, object))))
                .collect(Collectors.groupingBy(found -> found.name().stem()))
                .map(byStem -> byStem.values().stream()
                        .map(ArchiveFiles::newest)
                        .sorted(Comparator.comparing(BackupFile::key))
                        .toList());
    }

    private static boolean isReadable(BackupId id, ArchiveName name, ObjectInfo object) {
        if (name.compression().isPresent()) {
            return true;
        }
        if (!name.main()) {
            // barman, too, refuses a volume whose type it cannot tell: without it the backup would come back in part.
            throw new CatalogException.UnknownVolume("backup " + id + " has a volume of unknown type, " + object.key()
                    + ", without which it would be restored in part; remove the object if it is none of the backup's");
        }
        log.atWarn().addKeyValue("key", object.key()).log("passing over an object of unknown type");
        return false;
    }

    /** An archive in two compressions: one is left of an earlier backup of the same id, or somebody is recompressing. */
    private static BackupFile newest(List<Found> same) {
        Found newest = same.stream()
                .max(Comparator.comparing((Found found) -> found.object().lastModified())
                        .thenComparing(found -> found.object().key()))
                .orElseThrow();
        if (same.size() > 1) {
            log.atWarn()
                    .addKeyValue("taken", newest.object().key())
                    .addKeyValue(
                            "found",
                            same.stream().map(found -> found.object().key()).toList())
                    .log("several objects hold the same archive");
        }
        return new BackupFile(
                newest.object().key(),
                newest.object().size(),
                newest.name().archive(),
                newest.name().volume(),
                newest.name().compression().orElseThrow());
    }
}
