package io.walarchiver.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.WalObjectMetadata;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.WalLikeData;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * An archive in memory, a cluster with small segments and a pipeline on the caller's own thread, whose time only passes
 * when a test says so.
 */
final class RestoreFixture implements RestoreObserver {

    static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);
    static final long SYSTEM_IDENTIFIER = 7_312_345_678_901_234_567L;
    static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");

    /** Making and compressing segments is most of the time of these tests. */
    private static final Map<String, byte[]> SEGMENTS = new ConcurrentHashMap<>();

    private static final Map<String, byte[]> OBJECTS = new ConcurrentHashMap<>();
    static final int BUFFER_BYTES = SIZE.bytes() + (64 << 10);

    final InMemoryObjectStore memory = new InMemoryObjectStore();
    final FaultyObjectStore store = new FaultyObjectStore(memory);
    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    final List<String> events = new CopyOnWriteArrayList<>();
    final Path directory;
    final Path pgWal;
    final Path spool;
    BufferPool pool = new BufferPool(BUFFER_BYTES, 6);
    Scheduler compute = Schedulers.immediate();
    Scheduler fileIo = Schedulers.immediate();
    RestoreSettings settings;

    RestoreFixture(Path directory) throws IOException {
        this.directory = directory;
        pgWal = Files.createDirectories(directory.resolve("pgdata/pg_wal"));
        spool = directory.resolve("spool");
        settings = RestoreSettings.of(LAYOUT, spool)
                .withCluster(() -> Optional.of(SIZE), () -> OptionalLong.of(SYSTEM_IDENTIFIER));
    }

    RestorePipeline pipeline() {
        return new RestorePipeline(settings, store, pool, compute, fileIo, time, this, this::nanoTime);
    }

    long nanoTime() {
        return time.now(TimeUnit.NANOSECONDS);
    }

    /** Appends faults for the next calls of an operation. */
    void script(StoreOperation operation, Fault... faults) {
        assertThat(store.script(operation, faults)).isSameAs(store);
    }

    /** Waits for a value, which must come. */
    @CanIgnoreReturnValue
    static <T> T await(Mono<T> mono) {
        return Objects.requireNonNull(mono.block(Duration.ofSeconds(30)));
    }

    Path destination() {
        return pgWal.resolve("RECOVERYXLOG");
    }

    static WalFileName name(String text) {
        return WalFileName.parse(text);
    }

    /** What the cluster would have written. */
    static byte[] segment(String name) {
        return SEGMENTS.computeIfAbsent(name, unused -> segment(name, SIZE)).clone();
    }

    static byte[] segment(String name, SegmentSize size) {
        WalSegmentName segment = WalSegmentName.parse(name);
        return WalLikeData.segment(name.hashCode(), segment, size, SYSTEM_IDENTIFIER);
    }

    /** Archives a segment as barman-cloud does, without metadata, and returns its bytes. */
    @CanIgnoreReturnValue
    byte[] archiveSegment(String name, Compression compression) {
        byte[] content = segment(name);
        byte[] object = OBJECTS.computeIfAbsent(name + compression.suffix(), unused -> encode(content, compression));
        place(name, compression, object, Map.of());
        return content;
    }

    /** Archives a file as barman-cloud does. */
    void archive(String name, byte[] content, Compression compression) {
        place(name, compression, encode(content, compression), Map.of());
    }

    /** Archives a file as we do. */
    void archiveRecorded(String name, byte[] content, Compression compression, DigestAlgorithm algorithm) {
        place(name, compression, encode(content, compression), recorded(content, algorithm));
    }

    static Map<String, String> recorded(byte[] content, DigestAlgorithm algorithm) {
        ContentDigester digester = new ContentDigester(algorithm);
        digester.update(ByteBuffer.wrap(content));
        return new WalObjectMetadata(content.length, digester.finish(), OptionalLong.of(SYSTEM_IDENTIFIER))
                .toMetadata();
    }

    void place(String name, Compression compression, byte[] object, Map<String, String> metadata) {
        memory.place(key(name, compression), object, metadata);
    }

    static ObjectKey key(String name, Compression compression) {
        return LAYOUT.walKey(name(name), compression);
    }

    static byte[] encode(byte[] content, Compression compression) {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (OutputStream out = Codec.of(compression).encodingStream(object, content.length)) {
            out.write(content);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return object.toByteArray();
    }

    /** Asserts that nothing is held and nothing was left beside the destination or in the spool. */
    void assertNothingLeft() throws IOException {
        assertThat(pool.inUse()).isZero();
        assertThat(pool.waiting()).isZero();
        assertThat(memory.openDownloads()).isZero();
        assertThat(temporaryFiles()).isEmpty();
    }

    private List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(DestinationFile::isTemporary).toList();
        }
    }

    @Override
    public void restored(RestoredFile file) {
        events.add("restored " + file.name());
    }

    @Override
    public void notFound(WalFileName name, int consecutiveMisses) {
        events.add("notFound " + name + " " + consecutiveMisses);
    }

    @Override
    public void failed(WalFileName name, RestoreException failure) {
        events.add("failed " + name + " " + failure.kind());
    }

    @Override
    public void retrying(WalFileName name, StoreException failure, Duration delay) {
        events.add("retrying " + name);
    }

    @Override
    public void fetchingAgain(WalFileName name, RestoreException.Corrupt damage) {
        events.add("fetchingAgain " + name);
    }

    @Override
    public void prefetched(WalFileName name, long bytes) {
        events.add("prefetched " + name);
    }

    @Override
    public void prefetchFailed(WalFileName name, RestoreException failure) {
        events.add("prefetchFailed " + name + " " + failure.kind());
    }

    @Override
    public void spoolUnusable(RestoreException failure) {
        events.add("spoolUnusable");
    }

    @Override
    public void spoolDropped(int files, DropReason reason) {
        events.add("dropped " + files + " " + reason);
    }
}
