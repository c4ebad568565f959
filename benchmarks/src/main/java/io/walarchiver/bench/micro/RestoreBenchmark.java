package io.walarchiver.bench.micro;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.archive.ArchiveSettings;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.bench.process.WorkDirectory;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.restore.Prefetcher;
import io.walarchiver.restore.RestoreMode;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What restoring costs per segment, with and without prefetch, when the store costs next to nothing. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 5)
@Measurement(iterations = 15)
public class RestoreBenchmark {

    private static final int BUFFERS = 6;
    private static final int BUFFER_BYTES = Codec.of(Compression.ZSTD).maxEncodedLength(SegmentSize.DEFAULT.bytes());

    /** How much may be fetched ahead; 0 is no prefetch. */
    @Param({"0", "128"})
    public int prefetchMebibytes;

    private final Scheduler fileIo = Schedulers.newBoundedElastic(4, 1000, "file-io");
    private final Scheduler compute = Schedulers.newParallel("compute", 2);
    private final BufferPool pool = new BufferPool(BUFFER_BYTES, BUFFERS);
    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private @Nullable Path work;
    private @Nullable MicroDataDirectory data;
    private @Nullable Prefetcher prefetcher;
    private Disposable running = Disposables.disposed();

    /** Archives recorded segments. */
    @Setup(Level.Trial)
    public void prepare() throws IOException {
        work = WorkDirectory.forOneRun("jmh");
        MicroDataDirectory source = MicroDataDirectory.create(work.resolve("pgdata"));
        data = source;
        ArchiveSettings settings = new ArchiveSettings(
                new ArchiveLayout("", "jmh"),
                DigestAlgorithm.CRC64NVME,
                PutOptions.NONE,
                PutOptions.NONE,
                2,
                work.resolve("state"));
        try (ArchivePipeline pipeline = new ArchivePipeline(
                settings,
                new DataDirectory(source.path()),
                store,
                Codec.of(Compression.ZSTD),
                pool,
                fileIo,
                compute,
                ArchiveObserver.NONE)) {
            for (WalFileName name : source.names()) {
                pipeline.archiveAlone(name, false).block();
            }
        }
    }

    /** A pipeline that has fetched nothing ahead. */
    @Setup(Level.Iteration)
    public void begin() throws IOException {
        Path spool = Files.createTempDirectory(present(work), "spool-");
        RestoreSettings settings = RestoreSettings.of(new ArchiveLayout("", "jmh"), spool)
                .withCluster(() -> Optional.of(SegmentSize.DEFAULT), OptionalLong::empty)
                .withPrefetch(RestoreSettings.Prefetch.in(spool).withMaxBytes((long) prefetchMebibytes << 20));
        Prefetcher ahead = new Prefetcher(new RestorePipeline(
                settings, store, pool, compute, fileIo, Schedulers.parallel(), RestoreObserver.NONE));
        prefetcher = ahead;
        running = ahead.run().subscribe();
    }

    /** Asks for one segment after the other, as recovery does that replays in no time. */
    @Benchmark
    @OperationsPerInvocation(RecordedWal.SEGMENTS)
    public void restoreOneByOne() {
        Path destination = present(work).resolve("RECOVERYXLOG");
        for (WalFileName name : present(data).names()) {
            present(prefetcher).restore(name, destination, RestoreMode.RECOVERY).block();
        }
    }

    /** Ends prefetch. */
    @TearDown(Level.Iteration)
    public void end() {
        running.dispose();
    }

    /** Deletes everything. */
    @TearDown(Level.Trial)
    public void clean() throws IOException {
        store.close();
        fileIo.dispose();
        compute.dispose();
        WorkDirectory.delete(present(work));
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("not set up");
        }
        return value;
    }
}
