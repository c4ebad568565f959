package io.walarchiver.archive;

import static io.walarchiver.archive.ArchiveFixture.PATIENCE;
import static io.walarchiver.archive.ArchiveFixture.SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class ReadyFilesTest {

    @TempDir
    Path directory;

    private List<String> scan(ReadyFiles files) throws IOException {
        return files.scan().stream().map(file -> file.name().toString()).toList();
    }

    @Test
    void listsReadyFilesInArchivingOrderAndNothingElse() throws IOException {
        FakeCluster cluster = FakeCluster.create(directory.resolve("pgdata"), SIZE);
        for (String mark : List.of(
                "000000010000000000000002.ready",
                "000000010000000000000001.ready",
                "000000010000000000000001.00000028.backup.ready",
                "00000002.history.ready",
                "000000010000000000000003.done",
                "nonsense.ready",
                "000000010000000000000004.ready.tmp")) {
            Files.createFile(cluster.statusDirectory().resolve(mark));
        }
        ReadyFiles files = new ReadyFiles(new DataDirectory(cluster.pgdata()));

        assertThat(scan(files))
                .containsExactly(
                        "00000002.history",
                        "000000010000000000000001",
                        "000000010000000000000001.00000028.backup",
                        "000000010000000000000002");

        cluster.markDone(WalFileName.parse("000000010000000000000001"));
        assertThat(scan(files)).doesNotContain("000000010000000000000001").hasSize(3);
    }

    @Test
    void aWatchRingsWhenAFileBecomesReady() throws Exception {
        FakeCluster cluster = FakeCluster.create(directory.resolve("pgdata"), SIZE);
        Doorbell bell = new Doorbell();
        Scheduler thread = Schedulers.newSingle("test-watch", true);
        Disposable watching = new ReadyFiles(new DataDirectory(cluster.pgdata()))
                .watch(bell, thread)
                .subscribe();
        try {
            for (int i = 1; i <= 3; i++) {
                // The watch begins some time after subscription; a ring before that is not promised.
                WalFileName name = cluster.name(i);
                cluster.markReady(name);
                if (i > 1) {
                    bell.await().block(PATIENCE);
                } else {
                    Thread.sleep(200);
                }
            }
        } finally {
            watching.dispose();
            thread.dispose();
        }
    }

    @Test
    void aDirectoryThatComesLaterOrIsReplacedIsWatchedOnceAScanFindsIt() throws Exception {
        FakeCluster cluster = FakeCluster.create(directory.resolve("pgdata"), SIZE);
        Path status = cluster.statusDirectory();
        Files.delete(status);
        ReadyFiles files = new ReadyFiles(new DataDirectory(cluster.pgdata()));
        Doorbell bell = new Doorbell();
        Scheduler thread = Schedulers.newSingle("test-watch", true);
        Disposable watching = files.watch(bell, thread).subscribe();
        try {
            for (int round = 0; round < 2; round++) {
                Awaitility.await().atMost(PATIENCE).until(() -> !files.isWatching());
                Files.createDirectory(status);
                List<String> none = scan(files);
                assertThat(none).isEmpty();
                Awaitility.await().atMost(PATIENCE).until(files::isWatching);
                while (rings(bell, Duration.ofMillis(200))) {
                    // The beginning and the end of a watch ring, too.
                }

                Path mark = Files.createFile(status.resolve("000000010000000000000001.ready"));

                assertThat(rings(bell, PATIENCE)).isTrue();
                Files.delete(mark);
                Files.delete(status);
            }
        } finally {
            watching.dispose();
            thread.dispose();
        }
    }

    private static boolean rings(Doorbell bell, Duration patience) {
        return Boolean.TRUE.equals(bell.await()
                .thenReturn(true)
                .timeout(patience, Mono.just(false))
                .block(PATIENCE.multipliedBy(2)));
    }

    @Test
    void withoutAWatchEveryQuestionStillBringsItsNeighbours() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(directory)) {
            List<WalFileName> names = fixture.cluster.readySegments(3);
            // A link to the directory cannot be watched once its target is renamed away before the watch begins.
            Path status = fixture.cluster.statusDirectory();
            Path moved = status.resolveSibling("moved");
            Files.move(status, moved);
            ArchivePipeline pipeline = fixture.running();
            Thread.sleep(200);
            Files.move(moved, status);

            pipeline.archive(names.get(0), false).block(PATIENCE);

            fixture.awaitKeys(3);
            fixture.assertNothingInUse();
        }
    }
}
