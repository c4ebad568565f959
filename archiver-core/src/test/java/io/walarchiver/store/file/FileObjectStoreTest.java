package io.walarchiver.store.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What is special about files; the rest is in the contract. */
class FileObjectStoreTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final ObjectKey KEY = new ObjectKey("server/wals/0000000100000000/000000010000000000000001");

    private final Scheduler scheduler = Schedulers.newBoundedElastic(4, 10_000, "files");
    private final List<String> observed = new CopyOnWriteArrayList<>();

    @TempDir
    private Path directory;

    private Path root;
    private FileObjectStore store;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectory(directory.resolve("archive"));
        store = open(scheduler, Duration.ofSeconds(30));
    }

    @AfterEach
    void close() {
        store.close();
        scheduler.dispose();
    }

    private FileObjectStore open(Scheduler threads, Duration patience) {
        StoreObserver observer = new StoreObserver() {
            @Override
            public void requestCompleted(String operation, String outcome, Duration duration) {
                observed.add(operation + " " + outcome);
            }
        };
        return new FileObjectStore(root, threads, patience, observer, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @Test
    void objectIsPlainFileThatOnlyItsOwnerCanRead() throws IOException {
        run(store.putIfAbsent(KEY, content("bytes"), metadata("digest", "x")));

        assertThat(root.resolve(KEY.value())).hasContent("bytes");
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.skip(1))
                    .allSatisfy(path -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                            .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------"));
        }
        assertThat(files(FileTree.TEMPORARY)).isEmpty();
    }

    @Test
    void missingRootIsRefusedAndNeverCreated() throws IOException {
        Files.delete(root);

        for (Mono<?> call : List.<Mono<?>>of(
                store.put(KEY, content("bytes"), PutOptions.NONE),
                store.putIfAbsent(KEY, content("bytes"), metadata("a", "b")),
                store.startMultipart(KEY, PutOptions.NONE),
                store.head(KEY),
                store.get(KEY, (info, body) -> body.then()),
                store.list("").then(),
                store.listPrefixes("").then(),
                store.delete(KEY),
                store.delete(List.of(KEY)).then())) {
            assertThatThrownBy(() -> call.block(LIMIT))
                    .isInstanceOf(StoreException.Rejected.class)
                    .hasMessageContaining(root.toString())
                    .hasMessageContaining("create it, or mount the volume");
        }
        assertThat(root).doesNotExist();
    }

    @Test
    void rootThatAppearsLaterIsUsed() throws IOException {
        Files.delete(root);
        assertThatThrownBy(() -> run(store.put(KEY, content("bytes"), PutOptions.NONE)))
                .isInstanceOf(StoreException.Rejected.class);

        Files.createDirectory(root);
        run(store.put(KEY, content("bytes"), PutOptions.NONE));

        assertThat(read(KEY)).isEqualTo("bytes");
    }

    @Test
    void rootThatIsFileIsRefused() throws IOException {
        Files.delete(root);
        Files.writeString(root, "not a directory");

        assertThatThrownBy(() -> run(store.put(KEY, content("bytes"), PutOptions.NONE)))
                .isInstanceOf(StoreException.Rejected.class)
                .hasMessageContaining("is not a directory");
    }

    @Test
    void fileInThePlaceOfHiddenDirectoryIsNamed() throws IOException {
        Files.writeString(root.resolve(FileTree.TEMPORARY), "in the way");

        assertThatThrownBy(() -> run(store.put(KEY, content("bytes"), PutOptions.NONE)))
                .isInstanceOf(StoreException.Rejected.class)
                .hasMessageContaining(FileTree.TEMPORARY);
    }

    @Test
    void symbolicLinkCannotLeadOutOfTheRoot() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createSymbolicLink(root.resolve("link"), outside);
        Files.createSymbolicLink(root.resolve("file"), outside.resolve("secret"));
        Files.createSymbolicLink(root.resolve("dangling"), outside.resolve("new"));

        for (String name : List.of("link/secret", "link/new", "link/deep/new", "file", "dangling")) {
            ObjectKey key = new ObjectKey(name);
            for (Mono<?> call : List.<Mono<?>>of(
                    store.put(key, content("changed"), PutOptions.NONE),
                    store.putIfAbsent(key, content("changed"), PutOptions.NONE),
                    store.startMultipart(key, PutOptions.NONE),
                    store.head(key),
                    store.get(key, (info, body) -> body.then()),
                    store.delete(key))) {
                assertThatThrownBy(() -> call.block(LIMIT))
                        .isInstanceOf(StoreException.Rejected.class)
                        .hasMessageContaining("symbolic link");
            }
        }
        assertThat(outside.resolve("secret")).hasContent("secret");
        assertThat(outside.toFile().list()).containsExactly("secret");
        assertThat(keys("")).isEmpty();
        assertThat(store.listPrefixes("").collectList().block(LIMIT)).isEmpty();
    }

    @Test
    void hiddenDirectoryThatIsSymbolicLinkIsRefused() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.createSymbolicLink(root.resolve(FileTree.TEMPORARY), outside);

        assertThatThrownBy(() -> run(store.put(KEY, content("bytes"), PutOptions.NONE)))
                .isInstanceOf(StoreException.Rejected.class);
        assertThat(outside).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".wal-archiver-tmp/x",
                ".wal-archiver-meta/x",
                ".wal-archiver-tmp",
                "lost+found/x",
                "a//b",
                "a/",
                "a/b/"
            })
    void keyThatNoFileCanHaveIsRefused(String name) {
        ObjectKey key = new ObjectKey(name);

        assertThatThrownBy(() -> run(store.put(key, content("bytes"), PutOptions.NONE)))
                .isInstanceOf(StoreException.Rejected.class)
                .hasMessageContaining(name);
        assertThat(keys("")).isEmpty();
    }

    @Test
    void keyBelowOrAboveAnotherIsRefusedWithTheReason() {
        run(store.put(new ObjectKey("a/file"), content("bytes"), PutOptions.NONE));

        for (Mono<?> call : List.<Mono<?>>of(
                store.put(new ObjectKey("a/file/below"), content("x"), PutOptions.NONE),
                store.putIfAbsent(new ObjectKey("a/file/below/deep"), content("x"), PutOptions.NONE),
                store.startMultipart(new ObjectKey("a/file/below"), PutOptions.NONE))) {
            assertThatThrownBy(() -> call.block(LIMIT))
                    .isInstanceOf(StoreException.Rejected.class)
                    .hasMessageContaining("%s/a/file is an object itself", root);
        }
        for (Mono<?> call : List.<Mono<?>>of(
                store.put(new ObjectKey("a"), content("x"), PutOptions.NONE),
                store.putIfAbsent(new ObjectKey("a"), content("x"), PutOptions.NONE),
                store.startMultipart(new ObjectKey("a"), PutOptions.NONE))) {
            assertThatThrownBy(() -> call.block(LIMIT))
                    .isInstanceOf(StoreException.Rejected.class)
                    .hasMessageContaining("%s/a is a directory with other objects below it", root);
        }
        assertThat(keys("")).containsExactly("a/file");
    }

    @Test
    void namePartOfMoreThan255BytesIsRefused() {
        ObjectKey longest = new ObjectKey("a/" + "x".repeat(255));
        run(store.put(longest, content("bytes"), metadata("a", "b")));
        assertThat(read(longest)).isEqualTo("bytes");

        assertThatThrownBy(() -> run(store.put(new ObjectKey("a/" + "x".repeat(256)), content("x"), PutOptions.NONE)))
                .isInstanceOf(StoreException.Rejected.class)
                .hasMessageContaining("255");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../", "..", "/", "./", "a/../", "a//", "//", ".wal-archiver-tmp/", ".wal"})
    void prefixThatNoKeyCanHaveListsNothing(String prefix) throws IOException {
        Files.writeString(directory.resolve("outside"), "x");
        Files.createDirectories(root.resolve(FileTree.TEMPORARY));
        Files.writeString(root.resolve(FileTree.TEMPORARY).resolve("x"), "x");
        run(store.put(new ObjectKey("a/b"), content("x"), PutOptions.NONE));

        assertThat(keys(prefix)).isEmpty();
        assertThat(store.listPrefixes(prefix).collectList().block(LIMIT)).isEmpty();
    }

    @Test
    void filesOfOthersAreObjectsWithoutMetadata() throws IOException {
        Files.createDirectories(root.resolve("server/base"));
        Files.writeString(root.resolve("server/base/backup.info"), "info");
        Files.createDirectories(root.resolve("lost+found"));

        assertThat(keys("")).containsExactly("server/base/backup.info");
        assertThat(read(new ObjectKey("server/base/backup.info"))).isEqualTo("info");
        assertThat(head(new ObjectKey("server/base/backup.info")).metadata()).isEmpty();
    }

    @Test
    void leftoversOfDeadWritersAreSweptAfterOneDay() throws IOException {
        Path hidden = Files.createDirectories(root.resolve(FileTree.TEMPORARY));
        Path old = leftover(hidden.resolve("object-old"), Duration.ofHours(25));
        Path young = leftover(hidden.resolve("object-young"), Duration.ofHours(23));
        Path oldUpload = Files.createDirectory(hidden.resolve("upload-old"));
        leftover(oldUpload.resolve("part-1"), Duration.ofHours(25));
        touch(oldUpload, Duration.ofHours(25));
        Path longUpload = Files.createDirectory(hidden.resolve("upload-long"));
        leftover(longUpload.resolve("part-1"), Duration.ofHours(25));
        leftover(longUpload.resolve("part-2"), Duration.ofHours(1));
        touch(longUpload, Duration.ofHours(25));

        assertThat(keys("")).isEmpty();
        assertThat(old).exists();
        run(store.putIfAbsent(KEY, content("bytes"), PutOptions.NONE));

        assertThat(old).doesNotExist();
        assertThat(oldUpload).doesNotExist();
        assertThat(young).exists();
        assertThat(longUpload.resolve("part-1")).exists();
        assertThat(keys("")).containsExactly(KEY.value());
    }

    @Test
    void writerThatDiedAfterPublishingLeavesWholeObject() throws IOException {
        run(store.putIfAbsent(KEY, content("bytes"), metadata("digest", "x")));
        // As after a crash between the link and the removal of the hidden name.
        Path leftover = root.resolve(FileTree.TEMPORARY).resolve("object-dead");
        Files.createLink(leftover, root.resolve(KEY.value()));

        FileObjectStore tomorrow = new FileObjectStore(
                root,
                scheduler,
                Duration.ofSeconds(30),
                StoreObserver.NONE,
                Clock.fixed(NOW.plus(Duration.ofDays(2)), ZoneOffset.UTC));
        run(tomorrow.put(new ObjectKey("other"), content("other"), PutOptions.NONE));

        assertThat(leftover).doesNotExist();
        assertThat(read(KEY)).isEqualTo("bytes");
        assertThat(head(KEY).metadata()).containsExactly(Map.entry("digest", "x"));
        assertThatThrownBy(() -> run(store.putIfAbsent(KEY, content("other"), PutOptions.NONE)))
                .isInstanceOf(StoreException.AlreadyExists.class);
    }

    @Test
    void metadataOfWriterThatDiedBeforePublishingMatchNoObject() throws IOException {
        FileTree tree = new FileTree(root);
        Path invisible = directory.resolve("invisible");
        Files.writeString(invisible, "dead!");
        assertThat(new MetadataFiles(tree, Clock.fixed(NOW, ZoneOffset.UTC))
                        .write(KEY, invisible, metadata("digest", "of the dead")))
                .isPresent();

        run(store.putIfAbsent(KEY, content("alive"), metadata("digest", "of the living")));

        assertThat(head(KEY).metadata()).containsExactly(Map.entry("digest", "of the living"));
    }

    @Test
    void metadataOfReplacedAndDeletedObjectsAreRemoved() throws IOException {
        // One size and one time, so that only the claim of the name keeps the generations apart.
        for (String generation : List.of("one", "two", "six")) {
            run(store.put(KEY, content(generation), metadata("generation", generation)));
            assertThat(head(KEY).metadata()).containsExactly(Map.entry("generation", generation));
        }
        assertThat(files(FileTree.METADATA)).hasSize(1);

        assertThatThrownBy(() -> run(store.putIfAbsent(KEY, content("new"), metadata("generation", "new"))))
                .isInstanceOf(StoreException.AlreadyExists.class);
        assertThat(files(FileTree.METADATA)).hasSize(1);

        run(store.delete(KEY));
        assertThat(files(FileTree.METADATA)).isEmpty();
        assertThat(files(FileTree.TEMPORARY)).isEmpty();
    }

    @Test
    void damagedMetadataAreReported() throws IOException {
        run(store.put(KEY, content("bytes"), metadata("digest", "x")));
        Files.writeString(files(FileTree.METADATA).get(0), "metadata.digest=\\u12");

        assertThatThrownBy(() -> head(KEY))
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessageContaining("damaged")
                .hasMessageContaining(KEY.value());
    }

    @Test
    void directoriesThatBecomeEmptyAreRemoved() {
        ObjectKey neighbour = new ObjectKey("server/wals/0000000100000000/000000010000000000000002");
        run(store.put(KEY, content("1"), PutOptions.NONE));
        run(store.put(neighbour, content("2"), PutOptions.NONE));

        run(store.delete(KEY));
        assertThat(root.resolve("server/wals/0000000100000000")).isDirectory();
        run(store.delete(neighbour));

        assertThat(root.resolve("server")).doesNotExist();
        assertThat(root).isDirectory();
    }

    @Test
    void writingAndDeletingInOneDirectoryDoNotDisturbEachOther() {
        Long done = Flux.range(0, 400)
                .flatMap(
                        i -> {
                            ObjectKey key = new ObjectKey("a/b/c/" + i % 4 + "/" + i);
                            return store.putIfAbsent(key, content("x"), PutOptions.NONE)
                                    .then(store.delete(key))
                                    .thenReturn(i);
                        },
                        8)
                .count()
                .block(LIMIT);

        assertThat(done).isEqualTo(400);
        assertThat(keys("")).isEmpty();
        assertThat(root.resolve("a")).doesNotExist();
    }

    @Test
    void fileThatIsCutWhileBeingReadIsReported() {
        run(store.put(KEY, Content.of(ByteBuffer.allocate(2 << 20)), PutOptions.NONE));

        assertThatThrownBy(() -> store.get(
                                KEY,
                                (info, body) -> body.limitRate(1)
                                        .doOnNext(buffer -> truncate(root.resolve(KEY.value())))
                                        .then(Mono.just(true)))
                        .block(LIMIT))
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessageContaining("too early");
    }

    @Test
    void callThatGetsNoThreadIsAnswered() throws InterruptedException {
        Scheduler one = Schedulers.newBoundedElastic(1, 100, "stuck");
        CountDownLatch release = new CountDownLatch(1);
        try {
            assertThat(one.schedule(() -> await(release)).isDisposed()).isFalse();
            FileObjectStore stuck = open(one, Duration.ofMillis(200));
            Content content = content("bytes");

            assertThatThrownBy(() -> stuck.head(KEY).block(LIMIT))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining("no answer from the file system");
            assertThatThrownBy(() -> run(stuck.putIfAbsent(KEY, content, PutOptions.NONE)))
                    .isInstanceOf(StoreException.Ambiguous.class);
            assertThatThrownBy(() -> stuck.list("").blockLast(LIMIT)).isInstanceOf(StoreException.Unavailable.class);
            assertThat(content.isAbandoned()).isFalse();
        } finally {
            release.countDown();
            one.dispose();
        }
        assertThat(root.resolve(KEY.value())).doesNotExist();
    }

    @Test
    void callOnDisposedSchedulerFails() {
        scheduler.dispose();

        assertThatThrownBy(() -> head(KEY))
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessageContaining("shutting down");
        assertThatThrownBy(() -> store.list("").blockLast(LIMIT)).isInstanceOf(StoreException.Unavailable.class);
    }

    @Test
    void observerIsToldAboutEachCall() {
        run(store.putIfAbsent(KEY, content("x"), PutOptions.NONE));
        assertThatThrownBy(() -> run(store.putIfAbsent(KEY, content("x"), PutOptions.NONE)))
                .isInstanceOf(StoreException.AlreadyExists.class);
        assertThat(head(KEY).size()).isEqualTo(1);
        assertThat(read(KEY)).isEqualTo("x");
        assertThat(keys("")).hasSize(1);
        run(store.delete(KEY));

        assertThat(observed)
                .containsExactly(
                        "put_object ok",
                        "put_object already_exists",
                        "head_object ok",
                        "get_object ok",
                        "list_objects ok",
                        "delete_object ok");
    }

    @Test
    void uploadThatFailsToCompleteCanStillBeAborted() throws IOException {
        MultipartUpload upload =
                store.startMultipart(KEY, PutOptions.NONE).blockOptional(LIMIT).orElseThrow();
        MultipartUpload.UploadedPart foreign = new MultipartUpload.UploadedPart(1, "../../../secret", "");

        assertThatThrownBy(() -> run(upload.complete(List.of(foreign)))).isInstanceOf(StoreException.Rejected.class);
        run(upload.abort());

        assertThat(files(FileTree.TEMPORARY)).isEmpty();
    }

    @Test
    void destinationPathNamesTheRoot() {
        assertThat(FileObjectStore.rootOf(URI.create("file:///mnt/archive/"))).isEqualTo(Path.of("/mnt/archive"));
        assertThat(FileObjectStore.rootOf(URI.create("file:///mnt/with%20space")))
                .isEqualTo(Path.of("/mnt/with space"));
        for (String wrong : List.of("file://host/dir", "file:relative", "s3://bucket/dir", "file:///dir?x", "/dir")) {
            assertThatThrownBy(() -> FileObjectStore.rootOf(URI.create(wrong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void truncate(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThat(channel.truncate(10).size()).isEqualTo(10);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @CanIgnoreReturnValue
    private static Path leftover(Path path, Duration age) throws IOException {
        Files.writeString(path, "half");
        return touch(path, age);
    }

    @CanIgnoreReturnValue
    private static Path touch(Path path, Duration age) throws IOException {
        return Files.setLastModifiedTime(path, FileTime.from(NOW.minus(age)));
    }

    private static Content content(String text) {
        return Content.of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static PutOptions metadata(String name, String value) {
        return PutOptions.NONE.withMetadata(Map.of(name, value));
    }

    private static void run(Mono<Void> call) {
        assertThat(call.block(LIMIT)).isNull();
    }

    private ObjectInfo head(ObjectKey key) {
        return store.head(key).blockOptional(LIMIT).orElseThrow();
    }

    private String read(ObjectKey key) {
        return store.get(
                        key,
                        (info, body) -> body.map(buffer ->
                                        StandardCharsets.UTF_8.decode(buffer).toString())
                                .reduce("", String::concat))
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    private List<String> keys(String prefix) {
        return store.list(prefix)
                .map(info -> info.key().value())
                .collectList()
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    private List<Path> files(String hidden) throws IOException {
        Path path = root.resolve(hidden);
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
