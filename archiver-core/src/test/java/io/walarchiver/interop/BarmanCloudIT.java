package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.archive.ArchiveSettings;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.archive.ArchivedFile.Outcome;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.testing.S3Server;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The real barman-cloud tools on the same archive: they read what we write, and we read what they write, for every
 * algorithm each release knows.
 */
class BarmanCloudIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);
    private static final List<BarmanTools> TOOLS = BarmanTools.installed();

    private static S3Server server;
    private static ObjectStore store;
    private static Scheduler fileIo;
    private static Scheduler compute;

    @TempDir
    Path directory;

    private FakeCluster cluster;
    private final Map<WalFileName, byte[]> files = new LinkedHashMap<>();

    @BeforeAll
    static void start() {
        server = EmbeddedS3.start();
        store = S3ObjectStore.open(
                S3Settings.of(
                                server.bucket(),
                                new S3Settings.StaticKeys(
                                        server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                        .withEndpoint(server.endpoint()),
                StoreObserver.NONE);
        fileIo = Schedulers.newBoundedElastic(4, 1000, "interop-file-io");
        compute = Schedulers.newParallel("interop-compute", 2);
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
        fileIo.dispose();
        compute.dispose();
    }

    @BeforeEach
    void makeFiles() throws IOException {
        cluster = FakeCluster.create(directory.resolve("pgdata"), SIZE);
        WalFileName.Segment segment = cluster.name(1);
        files.put(segment, cluster.segmentBytes(segment.segment()));
        WalFileName.PartialSegment partial =
                new WalFileName.PartialSegment(cluster.name(2).segment());
        files.put(partial, cluster.segmentBytes(partial.segment()));
        files.put(
                WalFileName.parse("00000002.history"),
                "1\t0/200000\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8));
        files.put(
                WalFileName.parse("000000010000000000000001.00000028.backup"),
                "START WAL LOCATION: 0/100028\n".getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<WalFileName, byte[]> file : files.entrySet()) {
            cluster.write(file.getKey(), file.getValue());
        }
    }

    static Stream<Arguments> toolsAndCompressions() {
        return TOOLS.stream()
                .flatMap(tools -> Stream.of(Compression.values())
                        .filter(tools::knows)
                        .map(compression -> Arguments.of(tools, compression)));
    }

    @Test
    void anOldAndANewReleaseAreInstalled() {
        assumeThat(TOOLS)
                .as("barman-cloud is not installed; see CONTRIBUTING.md, Test")
                .isNotEmpty();

        assertThat(TOOLS).extracting(BarmanTools::version).allMatch(version -> version.startsWith("3."));
    }

    @ParameterizedTest(name = "{0} reads our {1}", allowZeroInvocations = true)
    @MethodSource("toolsAndCompressions")
    void barmanReadsWhatWeWrite(BarmanTools tools, Compression compression) throws IOException {
        String prefix = "ours/" + tools.version() + "/" + compression;
        assertThat(tools.run(server, "barman-cloud-check-wal-archive", prefix, List.of(), "orders-db")
                        .exitCode())
                .isZero();

        archive(prefix, compression);

        for (Map.Entry<WalFileName, byte[]> file : files.entrySet()) {
            if (file.getKey() instanceof WalFileName.BackupHistoryFile && !readsBackupHistory(tools, compression)) {
                continue;
            }
            // A partial segment is asked for by the name of the segment it stands in for.
            String name = file.getKey() instanceof WalFileName.PartialSegment partial
                    ? partial.segment().toString()
                    : file.getKey().toString();
            Path target = directory.resolve("restored-" + name);
            BarmanTools.Outcome outcome = tools.run(
                    server, "barman-cloud-wal-restore", prefix, List.of(), "orders-db", name, target.toString());
            assertThat(outcome.exitCode()).as(outcome.output()).isZero();
            assertThat(Files.readAllBytes(target)).as(name).isEqualTo(file.getValue());
        }
        assertThat(tools.run(
                                server,
                                "barman-cloud-wal-restore",
                                prefix,
                                List.of(),
                                "orders-db",
                                cluster.name(7).toString(),
                                directory.resolve("absent").toString())
                        .exitCode())
                .isEqualTo(1);
        assertThat(tools.run(server, "barman-cloud-check-wal-archive", prefix, List.of(), "orders-db")
                        .exitCode())
                .isEqualTo(1);
        assertThat(tools.run(
                                server,
                                "barman-cloud-wal-restore",
                                prefix,
                                List.of(),
                                "orders-db",
                                "nonsense",
                                directory.resolve("absent").toString())
                        .exitCode())
                .isEqualTo(3);
    }

    /** Some releases find no compressed backup history files, some none at all, their own included: then nor ours. */
    private boolean readsBackupHistory(BarmanTools tools, Compression compression) {
        String prefix = "probe/" + tools.version() + "/" + compression;
        WalFileName name = WalFileName.parse("000000010000000000000001.00000028.backup");
        String path = cluster.walDirectory().resolve(name.toString()).toString();
        BarmanTools.Outcome stored =
                tools.run(server, "barman-cloud-wal-archive", prefix, option(compression), "orders-db", path);
        assertThat(stored.exitCode()).as(stored.output()).isZero();
        String target = directory.resolve("probe").toString();
        return tools.run(server, "barman-cloud-wal-restore", prefix, List.of(), "orders-db", name.toString(), target)
                        .exitCode()
                == 0;
    }

    @ParameterizedTest(name = "we read the {1} of {0}", allowZeroInvocations = true)
    @MethodSource("toolsAndCompressions")
    void weReadWhatBarmanWrites(BarmanTools tools, Compression compression) throws IOException {
        String prefix = "theirs/" + tools.version() + "/" + compression;
        for (WalFileName name : files.keySet()) {
            BarmanTools.Outcome outcome = tools.run(
                    server,
                    "barman-cloud-wal-archive",
                    prefix,
                    option(compression),
                    "orders-db",
                    cluster.walDirectory().resolve(name.toString()).toString());
            assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        }

        RestorePipeline restore = restore(prefix, compression);
        for (Map.Entry<WalFileName, byte[]> file : files.entrySet()) {
            WalFileName wanted = file.getKey() instanceof WalFileName.PartialSegment partial
                    ? new WalFileName.Segment(partial.segment())
                    : file.getKey();
            Path target = directory.resolve("restored-" + wanted);
            assertThat(restore.restore(wanted, target).block(PATIENCE)).isNotNull();
            assertThat(Files.readAllBytes(target)).as(wanted.toString()).isEqualTo(file.getValue());
        }

        // What barman archived counts as archived; other content under the same name does not.
        List<ArchivedFile> again = archive(prefix, compression);
        assertThat(again).extracting(ArchivedFile::outcome).containsOnly(Outcome.ALREADY_STORED);
    }

    static Stream<Arguments> toolsCompressionsAndLevels() {
        return toolsAndCompressions()
                .filter(arguments -> ((BarmanTools) arguments.get()[0]).knowsLevels())
                .map(arguments -> (Compression) arguments.get()[1])
                .filter(compression -> compression != Compression.NONE && compression != Compression.SNAPPY)
                .distinct()
                .flatMap(compression -> Stream.of("low", "high").map(level -> Arguments.of(compression, level)));
    }

    @ParameterizedTest(name = "we read {0} of {1} level", allowZeroInvocations = true)
    @MethodSource("toolsCompressionsAndLevels")
    void weReadEveryLevel(Compression compression, String level) throws IOException {
        BarmanTools tools =
                TOOLS.stream().filter(BarmanTools::knowsLevels).findFirst().orElseThrow();
        String prefix = "levels/" + compression + "/" + level;
        WalFileName.Segment segment = cluster.name(1);
        List<String> options = new ArrayList<>(option(compression));
        options.addAll(List.of("--compression-level", level));
        archiveByBarman(tools, prefix, options, segment);

        assertThat(restored(prefix, compression, segment)).isEqualTo(files.get(segment));
    }

    @ParameterizedTest(name = "of a full and a partial {1} of {0} we take the full one", allowZeroInvocations = true)
    @MethodSource("toolsAndCompressions")
    void weTakeTheFullSegmentOfTheTwo(BarmanTools tools, Compression compression) throws IOException {
        String prefix = "partial/" + tools.version() + "/" + compression;
        WalFileName.Segment full = cluster.name(2);
        byte[] content = cluster.segmentBytes(full.segment());
        content[content.length - 1] ^= 1;
        cluster.write(full, content);
        archiveByBarman(tools, prefix, option(compression), full);
        archiveByBarman(tools, prefix, option(compression), new WalFileName.PartialSegment(full.segment()));

        assertThat(restored(prefix, compression, full)).isEqualTo(content);
    }

    private void archiveByBarman(BarmanTools tools, String prefix, List<String> options, WalFileName file) {
        BarmanTools.Outcome outcome = tools.run(
                server,
                "barman-cloud-wal-archive",
                prefix,
                options,
                "orders-db",
                cluster.walDirectory().resolve(file.toString()).toString());
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    private byte[] restored(String prefix, Compression compression, WalFileName file) throws IOException {
        Path target = directory.resolve("restored-" + file);
        assertThat(restore(prefix, compression).restore(file, target).block(PATIENCE))
                .isNotNull();
        return Files.readAllBytes(target);
    }

    private RestorePipeline restore(String prefix, Compression compression) {
        return new RestorePipeline(
                RestoreSettings.of(new ArchiveLayout(prefix, "orders-db"), directory.resolve("spool"))
                        .withCluster(() -> Optional.of(SIZE), () -> OptionalLong.of(FakeCluster.SYSTEM_IDENTIFIER)),
                store,
                pool(Codec.of(compression)),
                compute,
                fileIo,
                Schedulers.parallel(),
                new RestoreObserver() {});
    }

    private static List<String> option(Compression compression) {
        return switch (compression) {
            case NONE -> List.of();
            default -> List.of("--" + compression.configurationName());
        };
    }

    private List<ArchivedFile> archive(String prefix, Compression compression) {
        Codec codec = Codec.of(compression);
        ArchiveSettings settings = new ArchiveSettings(
                new ArchiveLayout(prefix, "orders-db"),
                DigestAlgorithm.CRC64NVME,
                PutOptions.NONE,
                PutOptions.NONE,
                2,
                directory.resolve("state"));
        List<ArchivedFile> archived = new ArrayList<>();
        BufferPool pool = pool(codec);
        try (ArchivePipeline pipeline = new ArchivePipeline(
                settings,
                new DataDirectory(cluster.pgdata()),
                store,
                codec,
                pool,
                fileIo,
                compute,
                ArchiveObserver.NONE)) {
            for (WalFileName name : files.keySet()) {
                archived.add(pipeline.archiveAlone(name, false).block(PATIENCE));
            }
        }
        assertThat(pool.inUse()).isZero();
        return archived;
    }

    private static BufferPool pool(Codec codec) {
        return new BufferPool(codec.maxEncodedLength(SIZE.bytes()), 4);
    }
}
