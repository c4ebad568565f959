package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The service is killed again and again while a server archives through it. Whatever PostgreSQL was told is archived is
 * then in the bucket, whole and identical, though its own copy is long gone.
 */
class KillIT {

    private static final int ROUNDS = 12;
    private static final int LEAST_SEGMENTS = 150;
    private static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long SEED = 20_260_101;

    @TempDir
    private Path directory;

    private FakeCluster cluster;
    private Path socket;
    private Path storeFile;
    private EmbeddedS3 server;
    private final AtomicReference<Process> service = new AtomicReference<>();
    private final AtomicInteger written = new AtomicInteger();

    @BeforeEach
    void prepare() throws IOException {
        directory = directory.toRealPath();
        cluster = FakeCluster.create(directory.resolve("pgdata"), SIZE);
        socket = directory.resolve("sock");
        server = EmbeddedS3.start();
        storeFile = StoreFiles.inS3(directory, server);
    }

    @Test
    void whatWasAcknowledgedSurvivesKillingTheServiceAtAnyMoment() throws Exception {
        Thread killer = new Thread(this::killRepeatedly, "killer");
        killer.start();
        int archived = archiveAsPostgresDoes(killer);
        killer.join();
        assertThat(archived).isGreaterThanOrEqualTo(LEAST_SEGMENTS);
        assertEverySegmentIsInTheArchive(archived);
    }

    @AfterEach
    void end() throws InterruptedException {
        Process last = service.getAndSet(null);
        if (last != null) {
            last.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        server.close();
    }

    private void killRepeatedly() {
        SplittableRandom random = new SplittableRandom(SEED);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                Process running = start(round);
                // From before the sockets are there to the middle of the work.
                Thread.sleep(random.nextInt(300, 4_000));
                running.destroyForcibly().waitFor();
            }
            Process last = start(ROUNDS);
            assertThat(last.isAlive()).isTrue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Process start(int round) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx64m",
                        "-XX:MaxDirectMemorySize=96m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.walarchiver.sidecar.Main",
                        "serve",
                        "--store=" + storeFile,
                        "--server=db",
                        "--pgdata=" + cluster.pgdata(),
                        "--socket=" + socket,
                        "--http=off")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log-" + round).toFile())
                .start();
        service.set(process);
        return process;
    }

    /** Serial, in order, retrying for ever, and removing a segment once it is acknowledged, as the server recycles it. */
    private int archiveAsPostgresDoes(Thread killer) throws Exception {
        int archived = 0;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (killer.isAlive() || archived < LEAST_SEGMENTS) {
            assertThat(System.nanoTime())
                    .as("archived %s segments in time", archived)
                    .isLessThan(deadline);
            while (written.get() < archived + 6) {
                WalFileName.Segment next = cluster.name(written.incrementAndGet());
                cluster.write(next, cluster.segmentBytes(next.segment()));
                cluster.markReady(next);
            }
            WalFileName.Segment name = cluster.name(archived + 1);
            Path file = cluster.walDirectory().resolve(name.toString());
            if (ask(file)) {
                cluster.markDone(name);
                Files.delete(file);
                archived++;
            } else {
                Thread.sleep(50);
            }
        }
        return archived;
    }

    /** One call on one connection, as the instance manager makes it. */
    private boolean ask(Path file) throws InterruptedException {
        try (SocketClient client = new SocketClient(socket)) {
            WALGrpc.WALBlockingStub stub =
                    WALGrpc.newBlockingStub(client.channel()).withDeadlineAfter(30, TimeUnit.SECONDS);
            return stub.archive(WALArchiveRequest.newBuilder()
                            .setClusterDefinition(ByteString.EMPTY)
                            .setSourceFileName(file.toString())
                            .build())
                    .isInitialized();
        } catch (StatusRuntimeException notThisTime) {
            return false;
        }
    }

    private void assertEverySegmentIsInTheArchive(int archived) throws IOException {
        Scheduler io = Schedulers.newBoundedElastic(2, 1000, "kill-io");
        Scheduler compute = Schedulers.newParallel("kill-compute", 2);
        try (ObjectStore store = S3ObjectStore.open(
                S3Settings.of(
                                server.bucket(),
                                new S3Settings.StaticKeys(
                                        server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                        .withEndpoint(server.endpoint()),
                StoreObserver.NONE)) {
            RestorePipeline restore = new RestorePipeline(
                    RestoreSettings.of(new ArchiveLayout("archive", "db"), directory.resolve("spool"))
                            .withCluster(() -> Optional.of(SIZE), () -> OptionalLong.of(FakeCluster.SYSTEM_IDENTIFIER)),
                    store,
                    new BufferPool(SIZE.bytes() + (1 << 16), 4),
                    compute,
                    io,
                    Schedulers.parallel(),
                    new RestoreObserver() {});
            for (int number = 1; number <= archived; number++) {
                WalFileName.Segment name = cluster.name(number);
                Path target = directory.resolve("back");
                assertThat(restore.restore(name, target).block(Duration.ofSeconds(30)))
                        .isNotNull();
                assertThat(Files.readAllBytes(target))
                        .as(name.toString())
                        .isEqualTo(cluster.segmentBytes(name.segment()));
            }
        } finally {
            io.dispose();
            compute.dispose();
        }
    }
}
