package io.walarchiver.store.file;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreException.Detail;
import io.walarchiver.store.StoreObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Objects as plain files below one directory; the key is the relative path, the bytes are the object's.
 *
 * <p><b>Writing.</b> The bytes go to a hidden file on the same file system and to the disk ({@code fsync}). Then the name
 * appears: by a hard link for a conditional write, which the file system itself refuses when the name is taken, by a
 * rename otherwise. Last, the directory goes to the disk, and every directory above it that is new. Files have mode 0600
 * and directories 0700. Deletions are not forced to the disk: after a crash a deleted object may be back.
 *
 * <p><b>User metadata and tags</b> live in one small file for each object that has some, below a hidden directory; see
 * {@link MetadataFiles}. Extended attributes would travel with the file, but NFS has them only since version 4.2 and
 * common file services still offer 4.1, so they cannot be the only place, and two places are one too many. A footer in
 * the object's own file would make it unreadable for {@code zstd} and {@code tar}. The price: a copy of the directory
 * must preserve modification times ({@code cp -a}, {@code rsync -a}); a file that comes without them is an object without
 * metadata.
 *
 * <p><b>What it cannot do.</b> A key cannot be the directory of another one ({@code a} and {@code a/b}), have empty parts or
 * parts of more than 255 bytes, or start with one of the hidden names. Encryption is refused: the files are stored as
 * they are. Each of these is {@link StoreException.Rejected}.
 *
 * <p><b>Threads.</b> All file access happens on the given scheduler, which must tolerate blocking and be bounded. A call
 * whose file access makes no progress for {@code patience} fails; its thread stays where the operating system keeps it.
 * Nothing is retried here: the operating system has done so.
 */
public final class FileObjectStore implements ObjectStore {

    static final Set<OpenOption> NEW_FILE = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final FileTree tree;
    private final MetadataFiles metadata;
    private final TemporaryFiles temporary;
    private final Publication publication;
    private final FileFailures failures;
    private final Scheduler scheduler;
    private final Duration patience;
    private final StoreObserver observer;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param root      the directory; must exist whenever the store is used, and is never created
     * @param scheduler where files are read and written
     * @param patience  how long one file operation may take without progress, for example two minutes
     * @param observer  is told about each call
     * @param clock     gives objects with metadata their modification times
     */
    public FileObjectStore(Path root, Scheduler scheduler, Duration patience, StoreObserver observer, Clock clock) {
        this.tree = new FileTree(root.toAbsolutePath().normalize());
        this.metadata = new MetadataFiles(tree, clock);
        this.temporary = new TemporaryFiles(tree, clock);
        this.publication = new Publication(tree, metadata);
        this.failures = new FileFailures(tree.root());
        this.scheduler = scheduler;
        this.patience = patience;
        this.observer = observer;
    }

    /**
     * The directory that a {@code file:///dir} destination path names.
     *
     * @throws IllegalArgumentException when it is not such a path
     */
    public static Path rootOf(URI destination) {
        if (!"file".equals(destination.getScheme())
                || destination.getAuthority() != null
                || destination.getPath() == null
                || !destination.getPath().startsWith("/")
                || destination.getQuery() != null
                || destination.getFragment() != null) {
            throw new IllegalArgumentException(
                    "a file destination is written file:///absolute/directory, not " + destination);
        }
        return Path.of(destination.getPath()).normalize();
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return put(key, content, options, Publication.Mode.CREATE);
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return put(key, content, options, Publication.Mode.REPLACE);
    }

    private Mono<Void> put(ObjectKey key, Content content, PutOptions options, Publication.Mode mode) {
        return run("put_object", "put of " + key, mode, Optional.of(content), activity -> {
            requireNoEncryption(key, options);
            publication.requireFree(key, mode);
            Path file = temporary.newFile();
            try {
                TemporaryFiles.write(file, content, activity);
                publication.publish(key, file, options, mode);
            } finally {
                TemporaryFiles.delete(file);
            }
            return null;
        });
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return call("create_multipart_upload", "start of the upload of " + key, activity -> {
            requireNoEncryption(key, options);
            publication.requireFree(key, Publication.Mode.REPLACE);
            return new FileUpload(this, key, options, temporary.newUpload());
        });
    }

    private void requireNoEncryption(ObjectKey key, PutOptions options) {
        if (options.encryption().isPresent()) {
            throw new StoreException.Rejected(
                    "object " + key + " is to be encrypted by the store, but " + location()
                            + " stores plain files; remove the encryption setting, or use an encrypted volume",
                    Detail.NONE,
                    null);
        }
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return call("head_object", "head of " + key, activity -> {
            FileDownload.Snapshot snapshot = FileDownload.look(tree, metadata, key);
            return snapshot.info(key, snapshot.attributes().size());
        });
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return get(key, 0, Long.MAX_VALUE, false, reader);
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return get(key, offset, length, true, reader);
    }

    private <T> Mono<T> get(ObjectKey key, long offset, long length, boolean ranged, ObjectReader<T> reader) {
        String what = "get of " + key;
        return Mono.usingWhen(
                Mono.fromSupplier(() -> new Download(key, new Activity(closed))),
                download -> call("get_object", what, activity -> download.file().open(offset, length, ranged))
                        .flatMap(info -> Mono.from(reader.read(info, download.body(what)))),
                download -> Mono.fromCallable(() -> {
                    download.file().close();
                    return true;
                }));
    }

    /** A file and the watch over it. */
    private final class Download {

        private final Activity activity;
        private final FileDownload file;

        Download(ObjectKey key, Activity activity) {
            this.activity = activity;
            this.file = new FileDownload(tree, metadata, key, activity);
        }

        FileDownload file() {
            return file;
        }

        Flux<ByteBuffer> body(String what) {
            activity.rest();
            return file.body()
                    .subscribeOn(scheduler)
                    .doOnRequest(count -> activity.watch())
                    .takeUntilOther(activity.stalled(patience, () -> stalled(what)))
                    .onErrorMap(failure -> failures.map(what, failure));
        }
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        String what = "list of " + prefix;
        return Flux.defer(() -> {
            Activity activity = new Activity(closed);
            return observe(
                    "list_objects",
                    Flux.<ObjectInfo, TreeWalk>generate(
                                    () -> {
                                        activity.step();
                                        return TreeWalk.of(tree, prefix);
                                    },
                                    (walk, sink) -> {
                                        try {
                                            activity.watch();
                                            activity.step();
                                            walk.next().ifPresentOrElse(sink::next, sink::complete);
                                        } catch (IOException e) {
                                            sink.error(e);
                                        }
                                        activity.rest();
                                        return walk;
                                    })
                            .subscribeOn(scheduler)
                            .takeUntilOther(activity.stalled(patience, () -> stalled(what)))
                            .onErrorMap(failure -> failures.map(what, failure)));
        });
    }

    @Override
    public Flux<ObjectInfo> listLevel(String prefix) {
        return call("list_objects", "list of " + prefix, activity -> TreeWalk.objects(tree, prefix))
                .flatMapIterable(Function.identity());
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return call("list_objects", "list of " + prefix, activity -> TreeWalk.prefixes(tree, prefix))
                .flatMapIterable(Function.identity());
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return call("delete_object", "delete of " + key, activity -> {
            FileTree.Place place = tree.locate(key);
            Optional<BasicFileAttributes> object = place.object();
            if (object.isPresent()) {
                boolean unused = Files.deleteIfExists(place.path());
                metadata.delete(key, object.get());
                tree.removeEmptyParents(place.path());
            }
            return null;
        });
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        List<ObjectKey> all = List.copyOf(keys);
        return call("delete_objects", "delete of " + all.size() + " objects", activity -> {
                    tree.requireRoot();
                    return true;
                })
                .flatMapMany(ready -> Flux.fromIterable(all))
                .concatMap(key -> delete(key)
                        .then(Mono.<DeleteFailure>empty())
                        .onErrorResume(StoreException.class, e -> Mono.just(new DeleteFailure(key, e))));
    }

    @Override
    public String location() {
        return location(tree.root());
    }

    static String location(Path root) {
        return "file://" + root;
    }

    @Override
    public void close() {
        closed.set(true);
    }

    /** Work with files, done on the scheduler. */
    @FunctionalInterface
    interface FileWork<T> {
        @Nullable
        T run(Activity activity) throws IOException;
    }

    /** Work that makes an object visible. */
    @FunctionalInterface
    interface PublishingWork {
        void run(Publication publication, Activity activity) throws IOException;
    }

    /** A call that reads nobody's buffers and can be repeated. */
    <T> Mono<T> call(String operation, String what, FileWork<? extends T> work) {
        return run(operation, what, Publication.Mode.REPLACE, Optional.empty(), work);
    }

    /** A call that reads the content and can be repeated. */
    <T> Mono<T> write(String operation, String what, Content content, FileWork<? extends T> work) {
        return run(operation, what, Publication.Mode.REPLACE, Optional.of(content), work);
    }

    /** A call that makes an object visible. */
    Mono<Void> publish(String operation, String what, Publication.Mode mode, PublishingWork work) {
        return run(operation, what, mode, Optional.empty(), activity -> {
            work.run(publication, activity);
            return null;
        });
    }

    private <T> Mono<T> run(
            String operation,
            String what,
            Publication.Mode mode,
            Optional<Content> content,
            FileWork<? extends T> work) {
        return Mono.defer(() -> {
            Activity activity = new Activity(closed);
            Mono<T> call = Mono.<T>fromCallable(() -> activity.run(() -> work.run(activity)))
                    .subscribeOn(scheduler)
                    .doOnCancel(() -> {
                        if (activity.giveUp()) {
                            content.ifPresent(Content::markAbandoned);
                        }
                    })
                    .takeUntilOther(activity.stalled(
                            patience, () -> mode == Publication.Mode.CREATE ? unknown(what) : stalled(what)))
                    .onErrorMap(failure -> failures.map(what, failure));
            return observe(operation, call.flux()).singleOrEmpty();
        });
    }

    private <T> Flux<T> observe(String operation, Flux<T> call) {
        long start = System.nanoTime();
        return call.doOnComplete(() -> observer.requestCompleted(operation, "ok", since(start)))
                .doOnError(StoreException.class, e -> observer.requestCompleted(operation, e.kind(), since(start)));
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private StoreException stalled(String what) {
        return new StoreException.Unavailable(silence(what), Detail.NONE, null);
    }

    private StoreException unknown(String what) {
        return new StoreException.Ambiguous(silence(what), Detail.NONE, null);
    }

    private String silence(String what) {
        return what + ": no answer from the file system of " + tree.root() + " for " + patience.toSeconds()
                + " s; check the disk or the network mount";
    }
}
