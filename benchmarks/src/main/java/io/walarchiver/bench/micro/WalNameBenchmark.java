package io.walarchiver.bench.micro;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What names cost: a directory scan of a long queue parses tens of thousands of them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class WalNameBenchmark {

    /** Not constants: the compiler must not know them. */
    public String segment = "000000010000000A0000003F";

    /** A name of another kind. */
    public String history = "00000002.history";

    private final ArchiveLayout layout = new ArchiveLayout("pg/main", "orders-db");
    private final WalSegmentName name = WalSegmentName.parse(segment);
    private final ObjectKey key = layout.walKey(new WalFileName.Segment(name), Compression.ZSTD);

    /** A segment's name. */
    @Benchmark
    public WalFileName parseSegment() {
        return WalFileName.parse(segment);
    }

    /** A history file's name. */
    @Benchmark
    public WalFileName parseHistory() {
        return WalFileName.parse(history);
    }

    /** The name of the segment behind. */
    @Benchmark
    public WalSegmentName next() {
        return name.next(SegmentSize.DEFAULT);
    }

    /** Printing. */
    @Benchmark
    public String print() {
        return name.toString();
    }

    /** From a key of a listing to a name. */
    @Benchmark
    public Optional<WalFileName> nameOfKey() {
        return layout.walFileOf(key);
    }
}
