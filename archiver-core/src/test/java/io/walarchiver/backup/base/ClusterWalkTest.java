package io.walarchiver.backup.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.walarchiver.backup.tar.TarMember;
import io.walarchiver.backup.tar.TarWriter;
import io.walarchiver.codec.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ClusterWalkTest {

    @TempDir
    Path directory;

    private Path root;
    private final BackupCounters counters = new BackupCounters();

    @BeforeEach
    void makeRoot() throws IOException {
        root = Files.createDirectory(directory.resolve("data")).toRealPath();
    }

    private void file(String name) throws IOException {
        file(name, "content of " + name);
    }

    private void file(String name, String content) throws IOException {
        Path path = root.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }

    private ClusterWalk walk(FileStatus.Key... elsewhere) {
        return ClusterWalk.ofDataDirectory(root, Set.of(elsewhere), Set.of(), Optional.empty(), counters);
    }

    private List<String> names(ClusterWalk walk) throws IOException {
        return tar(walk, member -> {}).names();
    }

    /** The archive of a walk; {@code meanwhile} may change the files each time a member was opened. */
    private static StoredTar tar(MemberSource walk, Consumer<TarMember> meanwhile) throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(10_000);
        HardLinks links = new HardLinks();
        try (TarWriter tar = new TarWriter()) {
            while (walk.advance()) {
                TarMember member = walk.open(links);
                if (member != null) {
                    meanwhile.accept(member);
                    tar.add(member);
                    drain(tar, buffer, archive);
                }
            }
            tar.finish();
            drain(tar, buffer, archive);
        }
        return StoredTar.of(archive.toByteArray(), Compression.NONE);
    }

    private static void drain(TarWriter tar, ByteBuffer buffer, ByteArrayOutputStream archive) throws IOException {
        while (!tar.isIdle()) {
            tar.fill(buffer);
            archive.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
    }

    @Test
    void aDirectoryComesBeforeItsFilesAndTheseBeforeItsDirectories() throws IOException {
        for (String name : List.of("b", "a", "z/2", "z/1", "z/in/deep", "base/5/2", "base/5/10", "base/4/1")) {
            file(name);
        }
        Files.createDirectory(root.resolve("empty"));

        assertThat(names(walk()))
                .containsExactly(
                        "./",
                        "./a",
                        "./b",
                        "base/",
                        "base/4/",
                        "base/4/1",
                        "base/5/",
                        "base/5/10",
                        "base/5/2",
                        "empty/",
                        "z/",
                        "z/1",
                        "z/2",
                        "z/in/",
                        "z/in/deep");
        assertThat(counters.files()).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pg_wal",
                "pg_xlog",
                "log",
                "pg_log",
                "pg_dynshmem",
                "pg_notify",
                "pg_replslot",
                "pg_serial",
                "pg_snapshots",
                "pg_stat_tmp",
                "pg_subtrans"
            })
    void ofSomeDirectoriesOnlyTheDirectoryIsKept(String name) throws IOException {
        file(name + "/file");
        file(name + "/slot/state");
        // The same name elsewhere is somebody else's.
        file("mine/" + name + "/file");

        assertThat(names(walk()))
                .containsExactlyInAnyOrder("./", name + "/", "mine/", "mine/" + name + "/", "mine/" + name + "/file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postmaster.pid",
                "postmaster.opts",
                "postgresql.auto.conf.tmp",
                "current_logfiles.tmp",
                "recovery.conf",
                "recovery.signal",
                "standby.signal",
                "backup_manifest",
                "pg_internal.init",
                "pg_internal.init.4711",
                "pgsql_tmp",
                "pgsql_tmp4711.0"
            })
    void someFilesAreLeftOutAtAnyDepth(String name) throws IOException {
        file(name);
        file("base/5/" + name);
        file("kept");

        assertThat(names(walk())).containsExactly("./", "./kept", "base/", "base/5/");
    }

    @Test
    void directoriesOfTemporaryFilesAreLeftOutWhole() throws IOException {
        file("base/pgsql_tmp/pgsql_tmp4711.fileset/0.0");
        assertThat(names(walk())).containsExactly("./", "base/");
    }

    @Test
    void labelAndMapOfAnotherBackupAreLeftOutAtTheTop() throws IOException {
        file("backup_label");
        file("tablespace_map");
        file("backup_label.old");
        file("mine/backup_label");
        assertThat(names(walk())).containsExactly("./", "./backup_label.old", "mine/", "mine/backup_label");
    }

    @Test
    void theControlFileIsLeftForLast() throws IOException {
        file("global/pg_control");
        file("global/pg_filenode.map");
        file("mine/global/pg_control");
        assertThat(names(walk()))
                .containsExactly(
                        "./", "global/", "global/pg_filenode.map", "mine/", "mine/global/", "mine/global/pg_control");
    }

    @Test
    void temporaryAndUnloggedRelationsAreLeftOut() throws IOException {
        for (String database : List.of("base/5", "pg_tblspc/17000/PG_17_202406281/5")) {
            for (String name : List.of(
                    "16384",
                    "16384.1",
                    "16384_fsm",
                    "16384_vm", // logged
                    "16390",
                    "16390.1",
                    "16390_fsm",
                    "16390_vm",
                    "16390_init", // unlogged
                    "t3_16400",
                    "t3_16400.1",
                    "t3_16400_fsm", // of a session
                    "PG_VERSION",
                    "pg_filenode.map",
                    "t3_x",
                    "16390_other",
                    "16390.x")) {
                file(database + "/" + name);
            }
        }
        // No relation: not in the directory of a database.
        file("mine/5/t3_16400");

        assertThat(names(walk()).stream().filter(name -> !name.endsWith("/")))
                .containsExactly(
                        "base/5/16384",
                        "base/5/16384.1",
                        "base/5/16384_fsm",
                        "base/5/16384_vm",
                        "base/5/16390.x",
                        "base/5/16390_init",
                        "base/5/16390_other",
                        "base/5/PG_VERSION",
                        "base/5/pg_filenode.map",
                        "base/5/t3_x",
                        "mine/5/t3_16400",
                        "pg_tblspc/17000/PG_17_202406281/5/16384",
                        "pg_tblspc/17000/PG_17_202406281/5/16384.1",
                        "pg_tblspc/17000/PG_17_202406281/5/16384_fsm",
                        "pg_tblspc/17000/PG_17_202406281/5/16384_vm",
                        "pg_tblspc/17000/PG_17_202406281/5/16390.x",
                        "pg_tblspc/17000/PG_17_202406281/5/16390_init",
                        "pg_tblspc/17000/PG_17_202406281/5/16390_other",
                        "pg_tblspc/17000/PG_17_202406281/5/PG_VERSION",
                        "pg_tblspc/17000/PG_17_202406281/5/pg_filenode.map",
                        "pg_tblspc/17000/PG_17_202406281/5/t3_x");
    }

    @Test
    void linksOfTablespacesAreLeftOutAndInPlaceTablespacesTravelAlong() throws IOException {
        Path outside = Files.createDirectories(directory.resolve("fast"));
        file("pg_tblspc/17000/PG_17_202406281/5/1");
        Files.createSymbolicLink(root.resolve("pg_tblspc/24601"), outside);
        Files.createSymbolicLink(root.resolve("pg_tblspc/24602"), Path.of("/gone"));

        assertThat(names(walk()))
                .containsExactly(
                        "./",
                        "pg_tblspc/",
                        "pg_tblspc/17000/",
                        "pg_tblspc/17000/PG_17_202406281/",
                        "pg_tblspc/17000/PG_17_202406281/5/",
                        "pg_tblspc/17000/PG_17_202406281/5/1");
    }

    @Test
    void aTablespaceInsideTheDataDirectoryIsADirectoryOnly() throws IOException {
        file("spaces/fast/PG_17_202406281/5/1");
        file("spaces/readme");
        assertThat(names(walk(FileStatus.of(root.resolve("spaces/fast")).key())))
                .containsExactly("./", "spaces/", "spaces/readme", "spaces/fast/");
    }

    @Test
    void aLogOnAnotherDiskBecomesADirectory() throws IOException {
        Path wal = Files.createDirectory(directory.resolve("wal"));
        Files.writeString(wal.resolve("000000010000000000000001"), "");
        Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rwxr-x---"));
        Files.createSymbolicLink(root.resolve("pg_wal"), wal);

        StoredTar tar = tar(walk(), member -> {});

        assertThat(tar.names()).containsExactly("./", "pg_wal/");
        assertThat(tar.member("pg_wal/").mode()).isEqualTo(0750);
    }

    @Test
    void otherLinksToDirectoriesAreLeftOutAndLinksToFilesAreLinks() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("file"), "");
        Files.createSymbolicLink(root.resolve("to_directory"), elsewhere);
        Files.createSymbolicLink(root.resolve("to_file"), elsewhere.resolve("file"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere/größe"));

        StoredTar tar = tar(walk(), member -> {});

        assertThat(tar.names()).containsExactly("./", "./dangling", "./to_file");
        assertThat(tar.member("./dangling").entry().getLinkName()).isEqualTo("nowhere/größe");
        assertThat(tar.member("./to_file").entry().getLinkName())
                .isEqualTo(elsewhere.resolve("file").toString());
    }

    @Test
    void aSecondNameIsAHardLink() throws IOException {
        file("a", "content");
        file("z/none", "content");
        Files.createLink(root.resolve("b"), root.resolve("a"));
        Files.createLink(root.resolve("z/c"), root.resolve("a"));

        StoredTar tar = tar(walk(), member -> {});

        assertThat(tar.names()).containsExactly("./", "./a", "./b", "z/", "z/c", "z/none");
        assertThat(tar.member("./a").entry().isFile()).isTrue();
        assertThat(tar.member("./b").entry().isLink()).isTrue();
        assertThat(tar.member("./b").entry().getLinkName()).isEqualTo("./a");
        assertThat(tar.member("z/c").entry().getLinkName()).isEqualTo("./a");
    }

    @Test
    void aSecondNameOfAFileThatVanishedIsAFile() throws IOException {
        file("a", "content");
        Files.createLink(root.resolve("b"), root.resolve("a"));
        ClusterWalk walk = walk();
        HardLinks links = new HardLinks();
        assertThat(walk.advance()).isTrue();
        assertThat(walk.advance()).isTrue();
        Files.delete(root.resolve("a"));
        assertThat(walk.open(links)).isNull();
        assertThat(walk.advance()).isTrue();
        assertThat(walk.open(links)).isInstanceOf(TarMember.RegularFile.class);
    }

    @Test
    void pipesAndSocketsAreLeftOut() throws Exception {
        file("kept");
        Process mkfifo = new ProcessBuilder("mkfifo", root.resolve("pipe").toString()).start();
        assumeTrue(mkfifo.waitFor(10, TimeUnit.SECONDS) && mkfifo.exitValue() == 0, "no mkfifo");
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(root.resolve("socket")));
            assertThat(names(walk())).containsExactly("./", "./kept");
        }
    }

    @Test
    void whatVanishesIsPassedOver() throws IOException {
        for (String name : List.of("a", "b", "d/1", "e/1")) {
            file(name);
        }
        ClusterWalk walk = walk();
        HardLinks links = new HardLinks();
        List<String> seen = new ArrayList<>();
        while (walk.advance()) {
            if (seen.contains("./a")) {
                Files.deleteIfExists(root.resolve("b"));
                Files.deleteIfExists(root.resolve("d/1"));
                Files.deleteIfExists(root.resolve("d"));
            }
            TarMember member = walk.open(links);
            if (member != null) {
                seen.add(member.name());
                if (member instanceof TarMember.RegularFile open) {
                    open.content().close();
                }
            }
        }
        assertThat(seen).containsExactly(".", "./a", "e", "e/1");
    }

    @Test
    void aFileThatShrinksIsFilledUpAndOneThatGrowsIsCut() throws IOException {
        file("shrinks", "0123456789".repeat(100));
        file("grows", "0123456789".repeat(100));
        file("truncated", "x".repeat(300_000));
        StoredTar tar = tar(walk(), member -> {
            try {
                switch (member.name()) {
                    case "./shrinks" -> Files.writeString(root.resolve("shrinks"), "01234");
                    case "./truncated" -> Files.writeString(root.resolve("truncated"), "");
                    case "./grows" -> Files.writeString(root.resolve("grows"), "more", StandardOpenOption.APPEND);
                    default -> {}
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });

        assertThat(new String(tar.member("./grows").content(), StandardCharsets.US_ASCII))
                .isEqualTo("0123456789".repeat(100));
        assertThat(new String(tar.member("./shrinks").content(), StandardCharsets.US_ASCII))
                .isEqualTo("01234" + "\0".repeat(995));
        assertThat(tar.member("./truncated").content()).isEqualTo(new byte[300_000]);
    }

    @Test
    void ofATablespaceOnlyTheServersOwnDirectoriesAreTaken() throws IOException {
        file("PG_17_202406281/5/16384");
        file("PG_17_202406281/5/t3_16400");
        file("PG_17_202406281/pgsql_tmp/pgsql_tmp1.0");
        file("PG_16_202307071/5/16384");
        file("PG_170_1/5/16384");
        file("readme");
        assertThat(names(ClusterWalk.ofTablespace(root, 24_601, 17, Optional.empty(), counters)))
                .containsExactly("PG_17_202406281/", "PG_17_202406281/5/", "PG_17_202406281/5/16384");
    }

    @Test
    void namesOfAnyBytesThatAreUtf8AreKeptInAnyLocale() throws Exception {
        // The JDK of this test may not be able to write such names itself.
        String script =
                "cd \"$1\" && printf x > \"$(printf 'gr\\303\\266\\303\\237e')\" && mkdir \"$(printf '\\303\\274')\""
                        + " && printf y > \"$(printf '\\303\\274/\\303\\244')\" && printf z > \"$(printf 'latin1-\\344')\"";
        Process shell = new ProcessBuilder("sh", "-c", script, "sh", root.toString()).start();
        assertThat(shell.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(shell.exitValue()).isZero();

        StoredTar tar = tar(walk(), member -> {});

        assertThat(tar.names()).containsExactly("./", "./größe", "ü/", "ü/ä");
        assertThat(tar.member("ü/ä").content()).containsExactly('y');
    }

    @Test
    void aFileThatMayNotBeReadIsNamed() throws IOException {
        assumeFalse(System.getProperty("user.name").equals("root"), "root may read everything");
        file("secret");
        Files.setPosixFilePermissions(root.resolve("secret"), Set.of());
        ClusterWalk walk = walk();
        assertThat(walk.advance()).isTrue();
        assertThat(walk.advance()).isTrue();
        assertThatThrownBy(() -> walk.open(new HardLinks()))
                .isInstanceOf(BackupException.SourceUnusable.class)
                .hasMessageContaining("secret")
                .hasMessageContaining("owns the data directory");
    }

    @Test
    void aRootThatIsGoneIsNamed() {
        ClusterWalk walk = ClusterWalk.ofTablespace(directory.resolve("gone"), 24_601, 17, Optional.empty(), counters);
        assertThatThrownBy(walk::advance)
                .isInstanceOf(BackupException.SourceUnusable.class)
                .hasMessageContaining("gone");
    }
}
