package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.beginning;
import static io.walarchiver.backup.recovery.RecoveryFixture.cluster;
import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.backup.tar.TarHeader;
import io.walarchiver.backup.tar.TarReader;
import io.walarchiver.backup.transfer.Passage;
import io.walarchiver.backup.transfer.ReadAhead;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreOperation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

/** A restore that was interrupted goes on where it was, and never goes on with something else. */
@Timeout(300)
class RestoreResumeTest {

    @TempDir
    Path directory;

    private RecoveryFixture fixture;

    @BeforeEach
    void createFixture() {
        fixture = fixture("restore");
    }

    @AfterEach
    void nothingIsHeld() {
        fixture.assertNothingHeld();
    }

    private RecoveryFixture fixture(String name) {
        return new RecoveryFixture(directory.resolve(name));
    }

    private static List<Integer> offsets(byte[] tar) {
        try {
            TarReader reader = new TarReader(new ByteArrayInputStream(tar));
            List<Integer> offsets = new ArrayList<>();
            for (Optional<TarHeader> next = reader.next(); next.isPresent(); next = reader.next()) {
                offsets.add((int) next.get().offset());
            }
            return offsets;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] small() {
        TarBytes tar = new TarBytes()
                .directory(".", 0750)
                .file("PG_VERSION", 0640, new byte[] {'1', '7', '\n'})
                .directory("base", 0750)
                .file("base/1", noise(5000))
                .hardLink("base/2", "base/1")
                .symbolicLink("base/3", "1")
                .file("base/4", noise(100))
                .file("base/4", noise(3000))
                .file("base/5", 0400, noise(10))
                .directory("global", 0700);
        return end(tar).bytes();
    }

    /** Ends a restore when everything that was downloaded is extracted and the next download hangs. */
    private static void killAfter(RecoveryFixture fixture, int downloads) {
        for (int i = 0; i < downloads; i++) {
            fixture.store.script(StoreOperation.GET, Fault.pass());
        }
        fixture.store.script(StoreOperation.GET, Fault.hang());
        Disposable restore = fixture.restore().subscribe();
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> fixture.store.pending(StoreOperation.GET) == 0
                        && someThreadWaitsIn(Passage.class)
                        && someThreadWaitsIn(ReadAhead.class));
        restore.dispose();
        fixture.assertNothingHeld();
    }

    /** In the one, the decompressing thread for a buffer; in the other, the writing thread for content. */
    private static boolean someThreadWaitsIn(Class<?> place) {
        return Thread.getAllStackTraces().entrySet().stream()
                .anyMatch(thread -> thread.getKey().getName().startsWith(RestoreRun.THREADS)
                        && thread.getKey().getState() == Thread.State.WAITING
                        && Arrays.stream(thread.getValue())
                                .filter(frame -> !frame.getClassName().equals(Object.class.getName()))
                                .findFirst()
                                .filter(frame -> frame.getClassName().startsWith(place.getName()))
                                .isPresent());
    }

    /** As if the process had died after the n-th member, and in the middle of it, for every n. */
    @Test
    void afterAnyMemberTheRestoreGoesOn() {
        byte[] tar = small();
        RecoveryFixture whole = fixture("whole");
        whole.place("data.tar", tar);
        whole.done();
        SortedMap<String, String> expected = Tree.of(whole.pgdata);
        List<Integer> stops = new ArrayList<>();
        for (int offset : offsets(tar)) {
            stops.add(offset);
            stops.add(offset + 700);
            stops.add(offset + 1600);
        }
        for (int stop : stops) {
            RecoveryFixture each = fixture("stop" + stop);
            each.place("data.tar", tar);
            each.pool = new BufferPool(Math.max(stop, 512), 2);
            each.settings = each.settings.withJobs(1).withRanges(1, 1 << 20);
            // The log, and a range that ends at the stop; the next never comes.
            killAfter(each, stop == 0 ? 1 : 2);
            assertThat(each.isMarked()).isTrue();
            assertThat(each.pgdata.resolve("global/pg_control")).doesNotExist();
            each.pool = new BufferPool(64 << 10, 2);

            RestoredBackup restored = each.done();

            assertThat(restored.resumed()).isTrue();
            assertThat(Tree.of(each.pgdata)).as("stopped at " + stop).isEqualTo(expected);
            assertThat(each.isMarked()).isFalse();
        }
    }

    @Test
    void completeArchivesAreNotDownloadedAgain() {
        fixture.settings = fixture.settings.withJobs(1).withRanges(1, 1 << 20);
        fixture.pool = new BufferPool(1 << 20, 2);
        fixture.place("data.tar", cluster());
        fixture.withTablespaces("", "", "");
        // The log, the data directory, two tablespaces.
        fixture.store.script(
                StoreOperation.GET, Fault.pass(), Fault.pass(), Fault.pass(), Fault.pass(), Fault.unavailable());
        assertThat(fixture.failure()).isInstanceOf(RecoveryException.StoreFailed.class);
        fixture.events.clear();
        long before = fixture.store.calls(StoreOperation.GET);

        RestoredBackup restored = fixture.done();

        assertThat(fixture.store.calls(StoreOperation.GET) - before).isEqualTo(2);
        assertThat(fixture.events).containsExactly("started " + RecoveryFixture.ID + " resumed", "extracted 16386.tar");
        assertThat(restored.progress().downloadedBytes())
                .isEqualTo(restored.progress().totalBytes());
        assertThat(restored.progress().resumedBytes()).isPositive();
    }

    @Test
    void filesThatAreRightAreNotWrittenAgain() throws IOException {
        byte[] tar = cluster();
        fixture.place("data.tar", tar);
        fixture.settings = fixture.settings.withJobs(1).withRanges(1, 1 << 20);
        fixture.pool = new BufferPool(60_000, 2);
        killAfter(fixture, 2);
        Path right = fixture.pgdata.resolve("base/1/1259");
        Path wrong = fixture.pgdata.resolve("postgresql.conf");
        assertThat(right).hasBinaryContent(noise(40_000));
        Object inode = Files.getAttribute(right, "unix:ino");
        FileTime changed = (FileTime) Files.getAttribute(right, "unix:ctime");
        Files.writeString(wrong, "# from the data directorX\nand more");

        fixture.done();

        assertThat(Files.getAttribute(right, "unix:ino")).isEqualTo(inode);
        assertThat(changed).isNotNull();
        assertThat(wrong).hasContent("# from the data directory\n");
        assertThat(right).hasBinaryContent(noise(40_000));
    }

    /** What the disk lost in a crash of the machine is written again: nothing is believed about files. */
    @Test
    void filesThatAreWrongAreSetRight() throws IOException {
        fixture.place("data.tar", cluster());
        RecoveryFixture whole = fixture("whole");
        whole.place("data.tar", cluster());
        whole.done();
        fixture.pool = new BufferPool(100_000, 2);
        fixture.settings = fixture.settings.withJobs(1).withRanges(1, 1 << 20);
        fixture.memory.place(
                RecoveryFixture.LAYOUT.backupKey(RecoveryFixture.ID, "data.tar"),
                RecoveryFixture.encode(cluster(), Compression.NONE),
                Map.of());
        fixture.onProgress = () -> {
            throw new IllegalStateException("stop");
        };
        try {
            fixture.restore().block();
        } catch (IllegalStateException stopped) {
            assertThat(stopped).hasMessage("stop");
        }
        fixture.onProgress = () -> {};
        fixture.assertNothingHeld();
        Path base = fixture.pgdata.resolve("base/1");
        Files.createDirectories(base);
        Files.write(base.resolve("1259"), new byte[0]);
        Files.write(base.resolve("1260"), noise(500));
        Files.write(base.resolve("1261"), Arrays.copyOf(noise(8192), 8191));
        Files.deleteIfExists(fixture.pgdata.resolve("PG_VERSION"));
        Files.createSymbolicLink(fixture.pgdata.resolve("PG_VERSION"), Path.of("/etc/hostname"));

        fixture.done();

        assertThat(Tree.of(fixture.pgdata)).isEqualTo(Tree.of(whole.pgdata));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void volumesAreRememberedInOrderOnly(int jobs) {
        fixture.settings = fixture.settings.withJobs(jobs).withRanges(1, 1 << 20);
        fixture.pool = new BufferPool(1 << 20, 4);
        fixture.place("data.tar", beginning(new TarBytes()).bytes());
        fixture.place(
                "data_0001.tar",
                new TarBytes().file("postgresql.conf", "# second\n").bytes());
        fixture.place(
                "data_0002.tar",
                end(new TarBytes().file("postgresql.conf", "# third\n")).bytes());
        // One of the three is lost; which one depends on the threads.
        fixture.store.script(StoreOperation.GET, Fault.pass(), Fault.unavailable());
        assertThat(fixture.failure()).isInstanceOf(RecoveryException.StoreFailed.class);

        fixture.done();

        assertThat(fixture.pgdata.resolve("postgresql.conf")).hasContent("# third\n");
        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(40_000));
    }

    @Test
    void whatWasExtractedBeforeTheMachineStartedAnewIsExtractedAgain() throws IOException {
        interruptAfterData();
        Path state = fixture.pgdata.resolve(UnfinishedMark.NAME).resolve("state");
        Files.writeString(state, Files.readString(state).replaceAll("boot=.*", "boot=another"));
        Files.write(fixture.pgdata.resolve("base/1/1259"), new byte[0]);
        fixture.events.clear();

        fixture.done();

        assertThat(fixture.events).contains("extracted data.tar", "extracted 16384.tar");
        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(40_000));
    }

    @Test
    void aStateThatWasCutOffIsReadAsFarAsItGoes() throws IOException {
        interruptAfterData();
        Path state = fixture.pgdata.resolve(UnfinishedMark.NAME).resolve("state");
        String text = Files.readString(state);
        assertThat(text).contains("done=pg/main/orders-db/base/" + RecoveryFixture.ID + "/data.tar\n");
        Files.writeString(state, text.substring(0, text.length() - 4));
        fixture.events.clear();

        fixture.done();

        assertThat(fixture.events).contains("extracted data.tar");
    }

    private void interruptAfterData() {
        fixture.settings = fixture.settings.withJobs(1).withRanges(1, 1 << 20);
        fixture.pool = new BufferPool(1 << 20, 2);
        fixture.withTablespaces("");
        fixture.place("data.tar", cluster());
        fixture.store.script(StoreOperation.GET, Fault.pass(), Fault.pass(), Fault.unavailable());
        assertThat(fixture.failure()).isInstanceOf(RecoveryException.StoreFailed.class);
    }

    @Test
    void theUnfinishedRestoreOfAnotherBackupIsLeftAlone() {
        interruptAfterData();
        SortedMap<String, String> before = Tree.of(fixture.pgdata);
        fixture.place(
                "data.tar", end(beginning(new TarBytes()).file("one-more", "x")).bytes());

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.DestinationNotEmpty.class)
                .hasMessageContaining("unfinished restore of something else");
        assertThat(Tree.of(fixture.pgdata)).isEqualTo(before);
    }

    @Test
    void theSameBackupWithTablespacesElsewhereIsAnotherRestore() {
        interruptAfterData();
        fixture.destination = fixture.destination.withTablespaces(space -> directory.resolve("elsewhere"));

        assertThat(fixture.failure()).isInstanceOf(RecoveryException.DestinationNotEmpty.class);
    }

    @Test
    void aClusterThatWasStartedIsLeftAlone() throws IOException {
        interruptAfterData();
        Files.write(fixture.pgdata.resolve("global/pg_control"), new byte[8192]);

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.DestinationNotEmpty.class)
                .hasMessageContaining("control file");
    }

    /** The process died between the last step and the removal of the mark. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onlyTheLastStepIsLeft(boolean published) throws IOException {
        interruptAfterData();
        fixture.done();
        Path mark = Files.createDirectory(fixture.pgdata.resolve(UnfinishedMark.NAME));
        RestorePlan plan = RestorePlan.of(fixture.order());
        String source = RecoveryFixture.LAYOUT.serverPrefix() + " at memory";
        Files.writeString(mark.resolve("state"), String.join("\n", plan.identity(source)) + "\nboot=any\ncomplete\n");
        if (!published) {
            Files.move(fixture.pgdata.resolve("global/pg_control"), mark.resolve("pg_control"));
        }
        long before = fixture.store.calls(StoreOperation.GET);

        RestoredBackup restored = fixture.done();

        assertThat(restored.resumed()).isTrue();
        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(before);
        assertThat(fixture.isMarked()).isFalse();
        assertThat(fixture.pgdata.resolve("global/pg_control")).hasSize(8192);
    }
}
