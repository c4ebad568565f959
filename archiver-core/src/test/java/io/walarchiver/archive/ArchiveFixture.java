package io.walarchiver.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A fake cluster, an in-memory store behind a faulty one, and the pipeline between them. */
final class ArchiveFixture implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);

    final FakeCluster cluster;
    final InMemoryObjectStore store = new InMemoryObjectStore();
    final FaultyObjectStore faulty = new FaultyObjectStore(store);
    final Codec codec;
    final BufferPool pool;
    final ArchiveSettings settings;
    final Recorder recorder = new Recorder();
    final Scheduler fileIo = Schedulers.newBoundedElastic(4, 10_000, "test-file-io");
    final Scheduler compute = Schedulers.newParallel("test-compute", 2);
    private final List<AutoCloseable> open = new ArrayList<>();

    ArchiveFixture(Path directory) throws IOException {
        this(directory, SIZE, Compression.ZSTD, 4);
    }

    ArchiveFixture(Path directory, SegmentSize size, Compression compression, int buffers) throws IOException {
        this(directory, size, compression, buffers, Codec.of(compression).maxEncodedLength(size.bytes()));
    }

    ArchiveFixture(Path directory, SegmentSize size, Compression compression, int buffers, int bufferBytes)
            throws IOException {
        cluster = FakeCluster.create(directory.resolve("pgdata"), size);
        codec = Codec.of(compression);
        pool = new BufferPool(bufferBytes, buffers);
        settings = new ArchiveSettings(
                new ArchiveLayout("pg/main", "orders-db"),
                DigestAlgorithm.CRC64NVME,
                new PutOptions(Map.of(), Map.of("kind", "wal"), Optional.empty()),
                new PutOptions(Map.of(), Map.of("kind", "history"), Optional.empty()),
                3,
                directory.resolve("state"));
    }

    /** A pipeline that is not running; {@link #run} makes it run. */
    ArchivePipeline pipeline() {
        ArchivePipeline pipeline = new ArchivePipeline(
                settings, new DataDirectory(cluster.pgdata()), faulty, codec, pool, fileIo, compute, recorder);
        open.add(pipeline);
        return pipeline;
    }

    ArchivePipeline running() {
        ArchivePipeline pipeline = pipeline();
        run(pipeline);
        return pipeline;
    }

    @CanIgnoreReturnValue
    Disposable run(ArchivePipeline pipeline) {
        Disposable running = pipeline.run().subscribe();
        open.add(0, running::dispose);
        return running;
    }

    ObjectKey key(WalFileName name) {
        return settings.layout().walKey(name, codec.compression());
    }

    /** What the archive holds under a name, decompressed. */
    byte[] archived(WalFileName name) throws IOException {
        byte[] object = store.stored(key(name)).orElseThrow().toByteArray();
        ByteBuffer content = ByteBuffer.allocate(cluster.read(name).length + 1);
        codec.decode(ByteBuffer.wrap(object), content);
        byte[] bytes = new byte[content.position()];
        content.flip().get(bytes);
        return bytes;
    }

    void assertArchived(WalFileName name) throws IOException {
        assertThat(archived(name)).as(name.toString()).isEqualTo(cluster.read(name));
    }

    void awaitKeys(int count) {
        Awaitility.await().atMost(PATIENCE).until(() -> store.keys().size() == count);
    }

    void assertNothingInUse() {
        Awaitility.await().atMost(PATIENCE).until(() -> pool.inUse() == 0 && pool.waiting() == 0);
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
        fileIo.dispose();
        compute.dispose();
    }

    /** Remembers what the pipeline reported. */
    static final class Recorder implements ArchiveObserver {
        final List<ArchivedFile> archived = Collections.synchronizedList(new ArrayList<>());
        final List<ArchiveException> failures = Collections.synchronizedList(new ArrayList<>());
        final List<Boolean> fromJournal = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void archived(ArchivedFile file) {
            archived.add(file);
        }

        @Override
        public void failed(WalFileName name, boolean asked, ArchiveException failure) {
            failures.add(failure);
        }

        @Override
        public void answered(WalFileName name, boolean answeredFromJournal, Duration latency) {
            fromJournal.add(answeredFromJournal);
        }

        List<WalFileName> names() {
            return archived.stream().map(ArchivedFile::name).toList();
        }
    }
}
