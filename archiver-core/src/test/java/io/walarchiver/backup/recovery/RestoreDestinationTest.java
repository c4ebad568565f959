package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.cluster;
import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

/** Destinations that cannot or must not be written. */
@Timeout(120)
class RestoreDestinationTest {

    private static final int TMPFS_BYTES = 3 << 20;

    @TempDir
    Path directory;

    private RecoveryFixture fixture;

    @BeforeEach
    void createFixture() {
        fixture = new RecoveryFixture(directory);
        fixture.withTablespaces("");
        fixture.place("data.tar", cluster());
    }

    @AfterEach
    void nothingIsHeld() {
        fixture.assertNothingHeld();
    }

    private void assertRefusedBeforeAnyRequest(Class<? extends RecoveryException> kind, String message) {
        SortedMap<String, String> before = Tree.of(directory);
        RecoveryException failure = fixture.failure();
        assertThat(failure).isInstanceOf(kind).hasMessageContaining(message);
        assertThat(Tree.of(directory)).isEqualTo(before);
        assertThat(fixture.store.calls(StoreOperation.GET)).isZero();
        assertThat(fixture.store.calls(StoreOperation.LIST)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", ".hidden", "postgresql.conf"})
    void aDataDirectoryWithFilesIsLeftAlone(String name) throws IOException {
        Files.createDirectories(fixture.pgdata);
        Files.writeString(fixture.pgdata.resolve(name), "precious");

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationNotEmpty.class, name);
    }

    @Test
    void anEmptyDataDirectoryIsUsedAndMadePrivate() throws IOException {
        Files.createDirectories(fixture.pgdata);
        Files.setPosixFilePermissions(fixture.pgdata, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(directory.resolve("restored/space0"));

        fixture.done();

        assertThat(Tree.of(fixture.pgdata)).containsEntry("", "directory rwx------");
    }

    @Test
    void aDataDirectoryBehindALinkIsUsed() throws IOException {
        Path real = Files.createDirectories(directory.resolve("elsewhere/real"));
        Files.createDirectories(fixture.pgdata.getParent());
        Files.createSymbolicLink(fixture.pgdata, real);

        fixture.done();

        assertThat(real.resolve("global/pg_control")).exists();
    }

    @Test
    void aLinkThatLeadsNowhereIsNoDataDirectory() throws IOException {
        Files.createDirectories(fixture.pgdata.getParent());
        Files.createSymbolicLink(fixture.pgdata, directory.resolve("nowhere"));

        assertThat(fixture.failure()).isInstanceOf(RecoveryException.DestinationUnusable.class);
        assertThat(directory.resolve("nowhere")).doesNotExist();
    }

    @Test
    void aFileIsNoDataDirectory() throws IOException {
        Files.createDirectories(fixture.pgdata.getParent());
        Files.writeString(fixture.pgdata, "precious");

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationUnusable.class, "not a directory");
    }

    @Test
    void aTablespaceDirectoryWithFilesIsLeftAlone() throws IOException {
        Path space = Files.createDirectories(directory.resolve("restored/space0"));
        Files.writeString(space.resolve("precious"), "precious");

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationNotEmpty.class, "precious");
        assertThat(fixture.pgdata).doesNotExist();
    }

    @Test
    void aWalVolumeWithFilesIsLeftAlone() throws IOException {
        Path wal = Files.createDirectories(directory.resolve("wal/pg_wal"));
        Files.writeString(wal.resolve("000000010000000000000001"), "precious");
        fixture.destination = fixture.destination.withWalVolume(directory.resolve("wal"));

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationNotEmpty.class, "the log");
    }

    @Test
    void aMappingOfUnknownTablespacesIsRefused() {
        fixture.destination = fixture.destination.withTablespaces(
                TablespaceMapping.of(Map.of("spcae0", directory.resolve("a"), "space0", directory.resolve("b"))));

        assertRefusedBeforeAnyRequest(
                RecoveryException.DestinationUnusable.class, "no tablespace spcae0; it has space0");
    }

    @Test
    void twoTablespacesCannotShareADirectory() {
        fixture.withTablespaces("", "");
        fixture.destination = fixture.destination.withTablespaces(space -> directory.resolve("same"));

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationUnusable.class, "cannot both go to");
    }

    @Test
    void aTablespaceCannotLieInsideAnother() {
        fixture.withTablespaces("", "");
        fixture.destination = fixture.destination.withTablespaces(
                space -> space.oid() == 16_384 ? directory.resolve("a") : directory.resolve("a/b"));

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationUnusable.class, "lies inside");
    }

    @Test
    void aRelativeTablespaceDirectoryIsRefused() {
        fixture.destination = fixture.destination.withTablespaces(space -> Path.of("here"));

        assertRefusedBeforeAnyRequest(RecoveryException.DestinationUnusable.class, "must be absolute");
    }

    @Test
    void aSecondRestoreToTheSamePlaceIsRefusedWhileTheFirstIsAtWork() {
        fixture.store.script(StoreOperation.GET, Fault.pass(), Fault.hang(), Fault.hang());
        Disposable first = fixture.restore().subscribe();
        await().atMost(Duration.ofSeconds(20)).until(() -> fixture.store.pending(StoreOperation.GET) == 0);

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.DestinationUnusable.class)
                .hasMessageContaining("another restore is at work");

        first.dispose();
        fixture.assertNothingHeld();
        fixture.done();
    }

    /** A process that died before its first note has left an empty mark. */
    @Test
    void aMarkWithoutAnythingIsNoObstacle() throws IOException {
        Files.createDirectories(fixture.pgdata.resolve(UnfinishedMark.NAME));

        assertThat(fixture.done().resumed()).isFalse();
        assertThat(fixture.isMarked()).isFalse();
    }

    /** The message says what is missing, and nothing that was there is gone. */
    @Test
    void aFullDiskIsToldAndTheRestoreGoesOnWithMoreRoom() throws Exception {
        Path mount = Files.createDirectory(directory.resolve("mount"));
        assumeThat(mount(mount, TMPFS_BYTES))
                .as("a small file system can be mounted here, which root may do")
                .isTrue();
        try {
            RecoveryFixture small = new RecoveryFixture(directory.resolve("small"));
            small.destination = RestoreDestination.of(mount.resolve("pgdata"));
            TarBytes tar = new TarBytes()
                    .directory(".", 0700)
                    .file("PG_VERSION", "17\n")
                    .directory("base", 0700)
                    .file("base/1", noise(1_800_000))
                    .file("base/2", noise(1_800_001))
                    .directory("global", 0700);
            small.place("data.tar", end(tar).bytes());
            Files.writeString(mount.resolve("precious"), "precious");

            // The size of a plain archive is known, so the check stops it first.
            assertThat(small.failure())
                    .isInstanceOf(RecoveryException.DestinationUnusable.class)
                    .hasMessageContaining("does not fit")
                    .hasMessageContaining("are missing");
            assertThat(mount.resolve("pgdata")).doesNotExist();

            small.settings = small.settings.withCheckSpace(false);
            assertThat(small.failure())
                    .isInstanceOf(RecoveryException.DestinationUnusable.class)
                    .hasMessageContaining("the file system is full")
                    .hasMessageContaining("base/2")
                    .hasMessageContaining("bytes are missing");
            assertThat(mount.resolve("precious")).hasContent("precious");
            assertThat(mount.resolve("pgdata").resolve(UnfinishedMark.NAME)).isDirectory();
            small.assertNothingHeld();

            assertThat(run("mount", "-o", "remount,size=" + 3 * TMPFS_BYTES, mount.toString()))
                    .isTrue();
            RestoredBackup restored = small.done();
            assertThat(restored.resumed()).isTrue();
            assertThat(mount.resolve("pgdata/base/2")).hasBinaryContent(noise(1_800_001));
            small.assertNothingHeld();
        } finally {
            assertThat(run("umount", "-l", mount.toString())).isTrue();
        }
    }

    private static boolean mount(Path where, int bytes) throws IOException, InterruptedException {
        return run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "wal-archiver-test", where.toString());
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }

    /** New records tell the size of the databases. */
    @Test
    void aClusterLargerThanTheDiskIsRefused() {
        RestoreOrder order = fixture.order();
        BackupInfo info = order.backup().info();
        RestoreOrder huge = new RestoreOrder(
                new CatalogEntry.Readable(
                        order.backup().id(),
                        new BackupInfo(
                                info.status(),
                                info.name(),
                                info.error(),
                                info.begin(),
                                info.end(),
                                info.timeline(),
                                info.serverVersion(),
                                info.systemIdentifier(),
                                info.segmentSizeBytes(),
                                info.dataDirectory(),
                                info.tablespaces(),
                                info.configurationFiles(),
                                info.includedFiles(),
                                info.label(),
                                Optional.of(1L << 60),
                                info.raw()),
                        Optional.empty()),
                order.files(),
                order.target(),
                order.destination());

        try {
            throw new AssertionError(fixture.restore(huge).block(Duration.ofSeconds(30)));
        } catch (RecoveryException.DestinationUnusable expected) {
            assertThat(expected).hasMessageContaining("does not fit");
        }
        assertThat(fixture.pgdata).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"0, 0 bytes", "1048576, 1048576 bytes", "104857600, 100.0 MiB", "16106127360, 15.0 GiB"})
    void sizesAreReadable(long bytes, String expected) {
        assertThat(FreeSpace.bytes(bytes)).isEqualTo(expected);
    }

    @Test
    void aMappingKnowsNameOidAndLocation() {
        TablespaceLocation space = new TablespaceLocation("fast", 24_601, "/srv/fast");
        Path target = Path.of("/new");
        for (String key : List.of("fast", "24601", "/srv/fast")) {
            assertThat(TablespaceMapping.of(Map.of(key, target)).target(space)).isEqualTo(target);
        }
        assertThat(TablespaceMapping.of(Map.of("slow", target)).target(space)).isEqualTo(Path.of("/srv/fast"));
        assertThat(TablespaceMapping.recorded().target(space)).isEqualTo(Path.of("/srv/fast"));
    }
}
