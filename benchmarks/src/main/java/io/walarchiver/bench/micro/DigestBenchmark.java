package io.walarchiver.bench.micro;

import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.DigestAlgorithm;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How long fingerprinting one 16 MiB segment takes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class DigestBenchmark {

    private static final int SEGMENTS = 4;

    /** Which fingerprint. */
    @Param
    public DigestAlgorithm algorithm = DigestAlgorithm.CRC64NVME;

    private List<ByteBuffer> segments = List.of();
    private ContentDigester digester = new ContentDigester(algorithm);
    private int next;

    /** Reads the segments. */
    @Setup(Level.Trial)
    public void prepare() {
        segments = RecordedWal.direct(SEGMENTS);
        digester = new ContentDigester(algorithm);
    }

    /** One segment. */
    @Benchmark
    public ContentDigest digest() {
        digester.update(segments.get(next++ % SEGMENTS).duplicate());
        return digester.finish();
    }
}
