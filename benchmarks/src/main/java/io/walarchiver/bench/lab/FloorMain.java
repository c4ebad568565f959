package io.walarchiver.bench.lab;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.walarchiver.bench.s3.S3ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.crt.checksums.CRC64NVME;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * The floor: the simplest resident loop that could archive. Reads a file into a direct buffer, fingerprints it, makes one
 * zstd call at level 1, sends one PUT with a checksum. Checks nothing, remembers nothing.
 *
 * <p>Arguments: endpoint, access key, prefix of keys. The secret key comes by the environment. Reads lines
 * {@code push NUMBER WORKERS FILE...} and answers {@code done NUMBER WALL_NANOS LATENCY_NANOS...}; ends with its input.
 */
public final class FloorMain {

    static final String SECRET = "FLOOR_SECRET_ACCESS_KEY";

    private static final int MAX_SEGMENT = 16 << 20;
    private static final int SLICE = 64 * 1024;

    private final S3AsyncClient client;
    private final String prefix;

    private FloorMain(S3AsyncClient client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    public static void main(String[] args) throws Exception {
        try (S3AsyncClient client = S3AsyncClient.crtBuilder()
                .endpointOverride(URI.create(args[0]))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(args[1], System.getenv(SECRET))))
                // The settings of the service's own client.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .maxConcurrency(8)
                .thresholdInBytes(5L << 30)
                .maxNativeMemoryLimitInBytes(1L << 30)
                .build()) {
            new FloorMain(client, args[2]).serve();
        }
    }

    private void serve() throws Exception {
        Worker[] workers = {new Worker(), new Worker()};
        ExecutorService threads = Executors.newFixedThreadPool(workers.length);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            int parallel = Integer.parseInt(words[2]);
            List<Path> files = new ArrayList<>();
            for (int i = 3; i < words.length; i++) {
                files.add(Path.of(words[i]));
            }
            long start = System.nanoTime();
            List<Future<List<Long>>> shares = new ArrayList<>();
            for (int w = 0; w < parallel; w++) {
                Worker worker = workers[w];
                int first = w;
                Callable<List<Long>> share = () -> worker.pushAll(files, first, parallel);
                shares.add(threads.submit(share));
            }
            StringBuilder latencies = new StringBuilder();
            for (Future<List<Long>> share : shares) {
                share.get().forEach(nanos -> latencies.append(' ').append(nanos));
            }
            System.out.println("done " + words[1] + " " + (System.nanoTime() - start) + latencies);
        }
        threads.shutdownNow();
    }

    /** The memory and the compressor of one thread. */
    private final class Worker {

        private final ByteBuffer source = ByteBuffer.allocateDirect(MAX_SEGMENT);
        private final ByteBuffer target = ByteBuffer.allocateDirect((int) Zstd.compressBound(MAX_SEGMENT));
        private final byte[] slice = new byte[SLICE];
        private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(1).setChecksum(true);

        List<Long> pushAll(List<Path> files, int first, int step) throws IOException {
            List<Long> latencies = new ArrayList<>();
            for (int i = first; i < files.size(); i += step) {
                long start = System.nanoTime();
                push(files.get(i));
                latencies.add(System.nanoTime() - start);
            }
            return latencies;
        }

        private void push(Path file) throws IOException {
            source.clear();
            try (FileChannel channel = FileChannel.open(file)) {
                while (source.hasRemaining() && channel.read(source) >= 0) {
                    // Until the buffer or the file ends.
                }
            }
            source.flip();
            CRC64NVME digest = new CRC64NVME();
            for (ByteBuffer rest = source.duplicate(); rest.hasRemaining(); ) {
                int count = Math.min(SLICE, rest.remaining());
                rest.get(slice, 0, count);
                digest.update(slice, 0, count);
            }
            String hex = String.format(Locale.ROOT, "%016x", digest.getValue());
            target.clear();
            zstd.compress(target, source);
            target.flip();
            CRC32C wire = new CRC32C();
            wire.update(target.duplicate());
            byte[] checksum = ByteBuffer.allocate(Integer.BYTES)
                    .putInt((int) wire.getValue())
                    .array();
            client.putObject(
                            put -> put.bucket(S3ServerProcess.BUCKET)
                                    .key(prefix + "/" + file.getFileName() + ".zst")
                                    .ifNoneMatch("*")
                                    .checksumCRC32C(Base64.getEncoder().encodeToString(checksum))
                                    .metadata(Map.of("digest", hex)),
                            AsyncRequestBody.fromByteBufferUnsafe(target))
                    .join();
        }
    }
}
