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
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.file.FileObjectStore;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What the archive pipeline costs per segment when the store costs little or nothing. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 5)
@Measurement(iterations = 15)
public class ArchiveBenchmark {

    private static final int BUFFERS = 6;
    private static final int BUFFER_BYTES = Codec.of(Compression.ZSTD).maxEncodedLength(SegmentSize.DEFAULT.bytes());

    /** Where objects go. */
    @Param({"memory", "file"})
    public String kind = "memory";

    private final Scheduler fileIo = Schedulers.newBoundedElastic(4, 1000, "file-io");
    private final Scheduler compute = Schedulers.newParallel("compute", 2);
    private final BufferPool pool = new BufferPool(BUFFER_BYTES, BUFFERS);
    private @Nullable Path work;
    private @Nullable MicroDataDirectory data;
    private @Nullable Round round;

    /** A pipeline that knows nothing yet; archiving the same segment twice through one would cost nothing. */
    private record Round(Path directory, ObjectStore store, ArchivePipeline pipeline, Disposable running) {

        void close() throws IOException {
            running.dispose();
            pipeline.close();
            store.close();
            WorkDirectory.delete(directory);
        }
    }

    /** Lays out a data directory with recorded segments. */
    @Setup(Level.Trial)
    public void prepare() throws IOException {
        work = WorkDirectory.forOneRun("jmh");
        data = MicroDataDirectory.create(work.resolve("pgdata"));
    }

    /** A new pipeline and an empty store. */
    @Setup(Level.Iteration)
    public void begin() throws IOException {
        Path directory = Files.createTempDirectory(present(work), "round-");
        ObjectStore store = kind.equals("memory")
                ? new InMemoryObjectStore()
                : new FileObjectStore(
                        Files.createDirectory(directory.resolve("objects")),
                        fileIo,
                        Duration.ofMinutes(1),
                        StoreObserver.NONE,
                        Clock.systemUTC());
        ArchivePipeline pipeline = new ArchivePipeline(
                new ArchiveSettings(
                        new ArchiveLayout("", "jmh"),
                        DigestAlgorithm.CRC64NVME,
                        PutOptions.NONE,
                        PutOptions.NONE,
                        2,
                        directory.resolve("state")),
                new DataDirectory(present(data).path()),
                store,
                Codec.of(Compression.ZSTD),
                pool,
                fileIo,
                compute,
                ArchiveObserver.NONE);
        round = new Round(directory, store, pipeline, pipeline.run().subscribe());
    }

    /** Asks for one segment after the other, nothing marked ready: no look-ahead. */
    @Benchmark
    @OperationsPerInvocation(RecordedWal.SEGMENTS)
    public void archiveOneByOne() {
        for (WalFileName name : present(data).names()) {
            present(round).pipeline().archive(name, false).block();
        }
    }

    /** Asks for all segments at once. */
    @Benchmark
    @OperationsPerInvocation(RecordedWal.SEGMENTS)
    public void archiveTogether() {
        List<Mono<Void>> all = new ArrayList<>();
        for (WalFileName name : present(data).names()) {
            all.add(present(round).pipeline().archive(name, false));
        }
        Mono.when(all).block();
    }

    /** Checks that no buffer leaked. */
    @TearDown(Level.Iteration)
    public void end() throws IOException {
        present(round).close();
        if (pool.inUse() != 0) {
            throw new IllegalStateException(pool.inUse() + " buffers leaked");
        }
    }

    /** Deletes everything. */
    @TearDown(Level.Trial)
    public void clean() throws IOException {
        WorkDirectory.delete(present(work));
        fileIo.dispose();
        compute.dispose();
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("not set up");
        }
        return value;
    }
}
