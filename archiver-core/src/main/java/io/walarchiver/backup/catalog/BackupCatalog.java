package io.walarchiver.backup.catalog;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.CatalogListing.Directory;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The base backups of one server in an archive: their records, their files, their keep marks.
 *
 * <p>All publishers are cold and ask the store anew at each subscription; nothing is remembered. They fail with
 * {@link StoreException} when the store does, and with {@link CatalogException} as said. Signals arrive on the store's
 * threads. Safe for use by many threads.
 *
 * <p>A directory without a record is no backup: one in progress, or what a killed process left.
 */
public final class BackupCatalog {

    private static final int RECORDS_AT_ONCE = 8;

    /** Records have a few kilobytes; one with thousands of tablespaces still stays below. */
    private static final int MAX_RECORD_BYTES = 1 << 20;

    /** A clock that stands still must not keep a backup waiting for ever. */
    private static final int SECONDS_TO_TRY = 30;

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final PutOptions options;
    private final CatalogListing listing;
    private final KeepMarks marks;

    /**
     * The catalog of a server.
     *
     * @param options what goes with records; keep marks get its encryption only, as barman's
     */
    public BackupCatalog(ObjectStore store, ArchiveLayout layout, PutOptions options) {
        this(store, layout, options, false);
    }

    private BackupCatalog(ObjectStore store, ArchiveLayout layout, PutOptions options, boolean trailingSlash) {
        this.store = store;
        this.layout = layout;
        this.options = options;
        this.listing = new CatalogListing(store, layout);
        this.marks = new KeepMarks(store, layout, options, trailingSlash);
    }

    /**
     * The same catalog for a destination whose URL was configured with a slash at its end. Tools given that URL look for
     * keep marks at another key, so they are written at both. Marks are read at both in any case. Not for directories,
     * which have no such key.
     */
    public BackupCatalog withTrailingSlash() {
        return new BackupCatalog(store, layout, options, true);
    }

    /** All backups, oldest first. A record that cannot be understood gives a {@link CatalogEntry.Damaged}. */
    public Flux<CatalogEntry> list() {
        return listing.directories()
                .filter(directory -> directory.record().isPresent())
                .flatMapSequential(this::entry, RECORDS_AT_ONCE, 1);
    }

    /** Archives without a record, oldest first: no backups, but they take space. */
    public Flux<BackupRemains> withoutRecord() {
        return listing.directories()
                .filter(directory -> directory.record().isEmpty())
                .mapNotNull(directory -> directory.archives().orElse(null));
    }

    /**
     * All records and keep marks with the store's word on their size and age. Two equal answers: nothing was added, changed
     * or removed between them.
     */
    public Mono<SortedMap<String, String>> state() {
        return listing.marks();
    }

    /** One backup; empty when there is none of that id. */
    public Mono<CatalogEntry> get(BackupId id) {
        return listing.directory(id)
                .filter(directory -> directory.record().isPresent())
                .flatMap(this::entry);
    }

    private Mono<CatalogEntry> entry(Directory directory) {
        ObjectKey key = key(directory.id(), CatalogListing.RECORD);
        return marks.read(directory.keeps())
                .flatMap(keep -> read(key)
                        .<CatalogEntry>map(
                                info -> new CatalogEntry.Readable(directory.id(), info, keep, directory.missing(info)))
                        .onErrorResume(
                                BackupInfoException.class,
                                damage -> Mono.just(new CatalogEntry.Damaged(
                                        directory.id(), key + ": " + damage.getMessage(), keep)))
                        // Deleted since it was listed.
                        .onErrorResume(StoreException.NotFound.class, gone -> Mono.empty()));
    }

    private Mono<BackupInfo> read(ObjectKey key) {
        return SmallObject.read(store, key, MAX_RECORD_BYTES)
                .map(content -> BackupInfoFormat.parse(content.orElseThrow(
                        () -> new BackupInfoException("it is larger than any record, " + MAX_RECORD_BYTES + " bytes"))))
                // About this object; were it about the whole store, the listing would have failed before.
                .onErrorMap(
                        failure -> failure instanceof StoreException.AccessDenied
                                || failure instanceof StoreException.Rejected,
                        refusal -> new BackupInfoException("it cannot be read: " + refusal.getMessage()));
    }

    /**
     * The backup a person means: by id, by name, or {@code latest}, {@code last}, {@code oldest}, {@code first},
     * {@code last-failed}, which look at all entries whatever became of them. Empty when there is none;
     * {@link CatalogException.AmbiguousName} when several have the name.
     */
    public Mono<CatalogEntry> find(String idNameOrShortcut) {
        if (BackupId.isRegular(idNameOrShortcut)) {
            return get(new BackupId(idNameOrShortcut));
        }
        return list().collectList().flatMap(entries -> Mono.justOrEmpty(among(entries, idNameOrShortcut)));
    }

    private static Optional<CatalogEntry> among(List<CatalogEntry> entries, String text) {
        Optional<BackupShortcut> shortcut = BackupShortcut.of(text);
        if (shortcut.isPresent()) {
            return shortcut.get().among(entries);
        }
        List<CatalogEntry> named = entries.stream()
                .filter(entry -> entry instanceof CatalogEntry.Readable readable
                        && readable.info().name().filter(text::equals).isPresent())
                .toList();
        if (named.size() > 1) {
            throw new CatalogException.AmbiguousName("several backups have the name \"" + text + "\": "
                    + named.stream().map(entry -> entry.id().value()).collect(Collectors.joining(", "))
                    + "; use the id of the one you mean");
        }
        // No tool but this one can address a directory of an irregular name.
        return named.stream()
                .findFirst()
                .or(() -> entries.stream()
                        .filter(entry -> entry.id().value().equals(text))
                        .findFirst());
    }

    /**
     * The archives of a backup and their volumes, in the order in which they are to be unpacked: by key. Where one of them
     * is there in several compressions the one stored last counts, as it belongs to the record stored last; that is logged.
     * {@link CatalogException.UnknownVolume} when one cannot be read; other objects are passed over.
     */
    public Mono<List<BackupFile>> files(BackupId id) {
        return ArchiveFiles.of(store, layout, id);
    }

    /**
     * The id for a backup that starts now: that of this second, or of the next one whose directory is empty.
     *
     * @param clock the time, in whatever zone: ids are in UTC
     * @param timer waits for the next second
     * @return {@link CatalogException.IdTaken} when none is free within half a minute
     */
    public Mono<BackupId> newId(Supplier<Instant> clock, Scheduler timer) {
        return newId(clock, timer, SECONDS_TO_TRY);
    }

    private Mono<BackupId> newId(Supplier<Instant> clock, Scheduler timer, int triesLeft) {
        return Mono.defer(() -> {
            Instant now = clock.get();
            BackupId id = BackupId.at(now);
            return store.list(layout.backupPrefix(id.value())).hasElements().flatMap(taken -> {
                if (!taken) {
                    return Mono.just(id);
                }
                if (triesLeft == 0) {
                    return Mono.error(new CatalogException.IdTaken("no free backup id below " + layout.basePrefix()
                            + " of " + store.location() + ", the last one tried is " + id
                            + "; does the clock stand still?"));
                }
                Instant next = now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
                return Mono.delay(Duration.between(now, next), timer).then(newId(clock, timer, triesLeft - 1));
            });
        });
    }

    /**
     * Stores the record of a backup, which makes the backup visible. May be repeated, and may replace an earlier record of
     * the same backup; {@link CatalogException.IdTaken} when the record there is of another one.
     */
    public Mono<Void> write(BackupId id, BackupInfo info) {
        return Mono.defer(() -> {
            ObjectKey key = key(id, CatalogListing.RECORD);
            byte[] content = BackupInfoFormat.format(info);
            return store.putIfAbsent(key, Content.of(ByteBuffer.wrap(content)), options)
                    .onErrorResume(
                            failure -> failure instanceof StoreException.AlreadyExists
                                    || failure instanceof StoreException.Ambiguous,
                            there -> replace(key, info, content));
        });
    }

    private Mono<Void> replace(ObjectKey key, BackupInfo info, byte[] content) {
        return SmallObject.read(store, key, MAX_RECORD_BYTES)
                .map(existing -> existing.filter(bytes -> isOfSameBackup(bytes, info, content))
                        .isPresent())
                // An answer to the first attempt may be lost and the object not there.
                .onErrorResume(StoreException.NotFound.class, absent -> Mono.just(true))
                .flatMap(same -> same
                        ? store.put(key, Content.of(ByteBuffer.wrap(content)), options)
                        : Mono.error(new CatalogException.IdTaken(key + " in " + store.location()
                                + " is the record of another backup; it was not replaced. Take the backup again")));
    }

    private static boolean isOfSameBackup(byte[] existing, BackupInfo info, byte[] content) {
        if (Arrays.equals(existing, content)) {
            return true;
        }
        try {
            BackupInfo other = BackupInfoFormat.parse(existing);
            // A start is unique: it is a position in the log of one cluster.
            return other.begin().lsn().isPresent()
                    && other.begin().lsn().equals(info.begin().lsn())
                    && other.timeline().equals(info.timeline())
                    && other.systemIdentifier().equals(info.systemIdentifier());
        } catch (BackupInfoException damaged) {
            return false;
        }
    }

    /**
     * Pins a backup, or changes what is kept with it.
     *
     * @return {@link CatalogException.NoSuchBackup}, or {@link CatalogException.NotPinnable} unless it is
     *     {@link BackupStatus#DONE}
     */
    public Mono<Void> keep(BackupId id, KeepTarget target) {
        return listing.directory(id)
                .filter(directory -> directory.record().isPresent())
                .flatMap(directory -> entry(directory)
                        .flatMap(entry -> requireDone(entry)
                                .then(marks.place(directory, target))
                                .thenReturn(true)))
                .switchIfEmpty(Mono.error(() -> noSuchBackup(id)))
                .then();
    }

    private CatalogException noSuchBackup(BackupId id) {
        return new CatalogException.NoSuchBackup(
                "there is no backup " + id + " below " + layout.basePrefix() + " of " + store.location());
    }

    private static Mono<Void> requireDone(CatalogEntry entry) {
        String why = entry instanceof CatalogEntry.Damaged damaged
                ? "its record is damaged (" + damaged.reason() + ")"
                : ((CatalogEntry.Readable) entry).info().status() == BackupStatus.DONE
                        ? ""
                        : "its status is "
                                + ((CatalogEntry.Readable) entry).info().status();
        return why.isEmpty()
                ? Mono.empty()
                : Mono.error(new CatalogException.NotPinnable(
                        "backup " + entry.id() + " cannot be pinned: " + why + "; only finished backups can"));
    }

    /** Unpins a backup. One that is not pinned, or not there, is success. */
    public Mono<Void> release(BackupId id) {
        return marks.find(id).flatMap(mark -> store.delete(mark.key()), 2).then();
    }

    /** How a backup is pinned; empty when it is not, or is not there. */
    public Mono<KeepTarget> keepTarget(BackupId id) {
        return marks.find(id).collectList().flatMap(marks::read).flatMap(Mono::justOrEmpty);
    }

    private ObjectKey key(BackupId id, String name) {
        return layout.backupKey(id.value(), name);
    }
}
