package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.SegmentSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Verifies base backups: their records, and their archives as far as the sample holds them. */
final class BackupVerification {

    private static final String TAKE_ANOTHER = "take a new base backup; this one cannot be restored";

    private static final String ONE_PLACE_EACH =
            "two clusters keep their backups in the same place; give each a server name of its own";

    private final ArchiveLayout layout;
    private final SegmentSize segmentSize;
    private final BackupCatalog catalog;
    private final ObjectContents contents;
    private final ClusterIdentity cluster;
    private final Ledger ledger;

    BackupVerification(
            ArchiveLayout layout,
            SegmentSize segmentSize,
            BackupCatalog catalog,
            ObjectContents contents,
            ClusterIdentity cluster,
            Ledger ledger) {
        this.layout = layout;
        this.segmentSize = segmentSize;
        this.catalog = catalog;
        this.contents = contents;
        this.cluster = cluster;
        this.ledger = ledger;
    }

    /**
     * The work to be done for a backup: one piece for each archive in the sample. What names and the record tell has been
     * noted when it completes. Neither it nor the pieces fail.
     */
    Flux<Piece> of(CatalogEntry entry, VerificationScope.Arc sample) {
        if (!(entry instanceof CatalogEntry.Readable backup) || backup.info().status() != BackupStatus.DONE) {
            return Flux.empty();
        }
        checkRecord(backup);
        if (backup.info().isSnapshot()) {
            return Flux.empty();
        }
        return catalog.files(backup.id())
                .doOnNext(files -> checkNames(backup, files))
                .flatMapIterable(files -> byArchive(files).values())
                .filter(volumes ->
                        sample.holds(place(backup.id(), volumes.get(0).archive())))
                .<Piece>map(volumes -> () -> verify(backup, volumes))
                .onErrorResume(CatalogException.class, refused -> {
                    ledger.add(Finding.error(
                            Kind.MISSING_ARCHIVE,
                            backup.id().value(),
                            String.valueOf(refused.getMessage()),
                            TAKE_ANOTHER));
                    return Flux.empty();
                })
                .onErrorResume(StoreException.class, failure -> {
                    ledger.addUnchecked(
                            new ObjectKey(layout.backupPrefix(backup.id().value())), failure);
                    return Flux.empty();
                });
    }

    /** All volumes of an archive have one place, so that what belongs to it is looked for in all of them. */
    private String place(BackupId backup, Archive archive) {
        return layout.backupPrefix(backup.value()) + archive.stem();
    }

    private static Map<Archive, List<BackupFile>> byArchive(List<BackupFile> files) {
        Map<Archive, List<BackupFile>> volumes = new LinkedHashMap<>();
        for (BackupFile file : files) {
            volumes.merge(file.archive(), List.of(file), (before, one) -> {
                List<BackupFile> all = new ArrayList<>(before);
                all.addAll(one);
                return List.copyOf(all);
            });
        }
        return volumes;
    }

    private void checkRecord(CatalogEntry.Readable backup) {
        String key = layout.backupKey(backup.id().value(), "backup.info").value();
        for (String problem : RecordCheck.problems(backup.info())) {
            ledger.add(Finding.error(
                    Kind.BAD_RECORD,
                    key,
                    key + ": " + problem,
                    "compare it with backup_label in the archive; take a new base backup if in doubt"));
        }
        if (backup.info().segmentSizeBytes() != segmentSize.bytes()) {
            ledger.add(Finding.error(
                    Kind.FOREIGN_CLUSTER,
                    key,
                    "backup " + backup.id() + " is of a cluster with WAL segments of "
                            + backup.info().segmentSizeBytes() + " bytes, not of " + segmentSize,
                    ONE_PLACE_EACH));
        }
        OptionalLong identifier = ClusterIdentity.of(backup.info());
        if (identifier.isPresent()) {
            cluster.objectionTo(identifier.getAsLong(), "its record", key)
                    .ifPresent(objection -> ledger.add(Finding.error(
                            Kind.FOREIGN_CLUSTER,
                            key,
                            "backup " + backup.id() + " is of another cluster: " + objection,
                            ONE_PLACE_EACH)));
        }
    }

    private void checkNames(CatalogEntry.Readable backup, List<BackupFile> files) {
        Map<Archive, List<BackupFile>> byArchive = byArchive(files);
        backup.missingArchives().forEach(missing -> missing(backup.id(), missing.stem() + ".tar"));
        byArchive(files).forEach((archive, volumes) -> {
            // What is told already is not told again.
            int next = backup.missingArchives().contains(archive) ? 1 : 0;
            for (int number : volumes.stream().map(BackupFile::volume).sorted().toList()) {
                if (next < number) {
                    String last = next == number - 1 ? "" : " (up to number " + (number - 1) + ")";
                    missing(
                            backup.id(),
                            BackupFile.name(archive, next, volumes.get(0).compression()) + last);
                }
                next = number + 1;
            }
        });
    }

    private void missing(BackupId id, String name) {
        String key = layout.backupPrefix(id.value()) + name;
        ledger.add(Finding.error(
                Kind.MISSING_ARCHIVE, key, "backup " + id + " is not whole: " + key + " is not there", TAKE_ANOTHER));
    }

    /** Reads the volumes in their order. A damaged one does not keep the others from being read. */
    private Mono<Void> verify(CatalogEntry.Readable backup, List<BackupFile> volumes) {
        return Mono.defer(() -> {
            ArchiveContent content = new ArchiveContent();
            AtomicBoolean whole = new AtomicBoolean(true);
            return Flux.fromIterable(volumes)
                    .concatMap(volume -> volume(backup.id(), volume, content).doOnNext(sound -> {
                        if (!sound) {
                            whole.set(false);
                        }
                    }))
                    .then(Mono.fromRunnable(() -> {
                        if (whole.get()) {
                            checkContent(backup, volumes.get(0), content);
                        }
                    }));
        });
    }

    private Mono<Boolean> volume(BackupId id, BackupFile file, ArchiveContent content) {
        if (ledger.isStopped()) {
            return Mono.just(false);
        }
        return attempt(file, content)
                // It may have been damaged on the way.
                .flatMap(result -> result.problem().isPresent() ? attempt(file, content) : Mono.just(result))
                .map(result -> {
                    boolean sound = result.problem().isEmpty();
                    ledger.readArchive(id, file.key(), file.size(), result.bytes(), result.members(), sound);
                    result.problem()
                            .ifPresent(problem -> ledger.add(Finding.error(
                                    Kind.DAMAGED_OBJECT,
                                    file.key().value(),
                                    file.key() + " is damaged: " + problem,
                                    "restore the object from a copy of the archive, or " + TAKE_ANOTHER)));
                    return sound;
                })
                .onErrorResume(StoreException.NotFound.class, gone -> vanished(id, file))
                .onErrorResume(Exception.class, failure -> {
                    ledger.addUnchecked(file.key(), failure);
                    return Mono.just(false);
                });
    }

    private Mono<ArchiveContent.Result> attempt(BackupFile file, ArchiveContent content) {
        return contents.read(file.key(), file.size(), (info, object) -> content.read(file, object));
    }

    /** With its record, it was deleted meanwhile; without, it is missing. */
    private Mono<Boolean> vanished(BackupId id, BackupFile file) {
        return catalog.get(id)
                .hasElement()
                .map(stillThere -> {
                    if (stillThere) {
                        missing(id, file.key().name());
                    } else {
                        ledger.addVanished();
                    }
                    return false;
                })
                .onErrorResume(StoreException.class, failure -> {
                    ledger.addUnchecked(file.key(), failure);
                    return Mono.just(false);
                });
    }

    private void checkContent(CatalogEntry.Readable backup, BackupFile first, ArchiveContent content) {
        BackupInfo info = backup.info();
        if (first.archive() instanceof Archive.Data) {
            for (String problem : DataDirectoryCheck.problems(content, info)) {
                bad(first, problem);
            }
        } else if (info.serverVersion().isPresent()
                && !content.versionDirectory()
                        .startsWith("PG_" + info.serverVersion().getAsInt() / 10_000 + "_")) {
            bad(
                    first,
                    "it does not contain the directory of PostgreSQL "
                            + info.serverVersion().getAsInt() / 10_000 + " that every tablespace has");
        }
    }

    private void bad(BackupFile first, String problem) {
        ledger.add(Finding.error(Kind.BAD_BACKUP, first.key().value(), first.key() + ": " + problem, TAKE_ANOTHER));
    }
}
