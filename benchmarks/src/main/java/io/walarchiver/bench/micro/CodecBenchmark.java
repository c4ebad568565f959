package io.walarchiver.bench.micro;

import io.walarchiver.codec.BlockEncoder;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.CompressionLevel;
import io.walarchiver.codec.CorruptObjectException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long compressing and decompressing one 16 MiB segment takes, per algorithm and level. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {

    private static final int SEGMENTS = 4;

    /** Algorithm and level as in {@code zstd-1}; bzip2 and xz are left out of the default for the time they take. */
    @Param({"zstd-1", "zstd-3", "lz4-0", "snappy", "gzip-1", "gzip-6", "none"})
    public String codec = "zstd-1";

    private List<ByteBuffer> segments = List.of();
    private List<ByteBuffer> objects = List.of();
    private ByteBuffer target = ByteBuffer.allocate(0);
    private Codec subject = Codec.of(Compression.NONE);
    private BlockEncoder encoder = subject.newBlockEncoder();
    private int next;

    /** Reads the segments and compresses each once. */
    @Setup(Level.Trial)
    public void prepare() {
        subject = parse(codec);
        encoder.close();
        encoder = subject.newBlockEncoder();
        segments = RecordedWal.direct(SEGMENTS);
        int size = segments.get(0).capacity();
        target = ByteBuffer.allocateDirect(subject.maxEncodedLength(size));
        objects = new ArrayList<>();
        long stored = 0;
        for (ByteBuffer segment : segments) {
            target.clear();
            encoder.encode(segment.duplicate(), target);
            target.flip();
            stored += target.remaining();
            objects.add(
                    ByteBuffer.allocateDirect(target.remaining()).put(target).flip());
        }
        System.out.printf(Locale.ROOT, "# ratio of %s: %.2f%n", codec, (double) SEGMENTS * size / stored);
    }

    private static Codec parse(String text) {
        int dash = text.indexOf('-');
        String name = dash < 0 ? text : text.substring(0, dash);
        Compression compression = name.equals("none")
                ? Compression.NONE
                : Compression.ofConfigurationName(name).orElseThrow();
        return dash < 0
                ? Codec.of(compression)
                : Codec.of(new CompressionLevel(compression, Integer.parseInt(text.substring(dash + 1))));
    }

    /** Frees the compressor. */
    @TearDown(Level.Trial)
    public void close() {
        encoder.close();
    }

    /** One call per segment into a reused direct buffer, as the archive pipeline does it. */
    @Benchmark
    public ByteBuffer compress() {
        target.clear();
        encoder.encode(segments.get(next++ % SEGMENTS).duplicate(), target);
        return target;
    }

    /** A whole object into a reused direct buffer, as the restore pipeline does it. */
    @Benchmark
    public ByteBuffer decompress() throws CorruptObjectException {
        target.clear();
        subject.decode(objects.get(next++ % SEGMENTS).duplicate(), target);
        return target;
    }
}
