package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.beginning;
import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.tar.TarBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives that try to write outside the place they are extracted to. */
class ArchiveSecurityTest {

    private static final byte[] EVIL = "evil".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private RecoveryFixture fixture;
    private Path outside;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RecoveryFixture(directory);
        outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("victim"), "untouched");
    }

    @AfterEach
    void nothingIsHeldAndNobodyWasHarmed() throws IOException {
        fixture.assertNothingHeld();
        try (Stream<Path> all = Files.list(outside)) {
            assertThat(all.toList()).containsExactly(outside.resolve("victim"));
        }
        assertThat(outside.resolve("victim")).hasContent("untouched");
        assertThat(directory.resolve("evil")).doesNotExist();
        assertThat(directory.resolve("restored/evil")).doesNotExist();
    }

    private static Arguments attack(String name, BiConsumer<TarBytes, String> members) {
        return Arguments.of(name, members);
    }

    static Stream<Arguments> attacks() {
        return Stream.of(
                attack("absolute", (tar, out) -> tar.file("/tmp/evil", EVIL)),
                attack("parent", (tar, out) -> tar.file("../evil", EVIL)),
                attack("parent further in", (tar, out) -> tar.file("base/../../evil", EVIL)),
                attack("parent at the end", (tar, out) -> tar.directory("base/..", 0777)),
                attack("parent as link", (tar, out) -> tar.symbolicLink("..", "/")),
                attack(
                        "through a link",
                        (tar, out) -> tar.symbolicLink("base/out", out).file("base/out/evil", EVIL)),
                attack(
                        "through a relative link",
                        (tar, out) -> tar.symbolicLink("base/up", "../..").file("base/up/evil", EVIL)),
                attack(
                        "through two links",
                        (tar, out) -> tar.symbolicLink("base/a", out)
                                .symbolicLink("base/b", "a")
                                .file("base/b/evil", EVIL)),
                attack(
                        "directory through a link",
                        (tar, out) -> tar.symbolicLink("base/out", out).directory("base/out/evil", 0777)),
                attack(
                        "directory over a link",
                        (tar, out) -> tar.symbolicLink("base/out", out).directory("base/out", 0777)),
                attack(
                        "link through a link",
                        (tar, out) -> tar.symbolicLink("base/out", out).symbolicLink("base/out/evil", "/")),
                attack("hard link to the outside", (tar, out) -> tar.hardLink("base/h", out + "/victim")),
                attack("hard link to a parent", (tar, out) -> tar.hardLink("base/h", "../../outside/victim")),
                attack(
                        "hard link through a link",
                        (tar, out) -> tar.symbolicLink("base/out", out).hardLink("base/h", "base/out/victim")),
                attack(
                        "hard link to a link",
                        (tar, out) ->
                                tar.symbolicLink("base/l", out + "/victim").hardLink("base/h", "base/l")),
                attack("hard link to our notes", (tar, out) -> tar.hardLink("base/h", UnfinishedMark.NAME + "/state")),
                attack("hard link to the control file", (tar, out) -> tar.hardLink("base/h", "global/pg_control")),
                attack("hard link to nothing", (tar, out) -> tar.hardLink("base/h", "base/none")),
                attack("hard link to a directory", (tar, out) -> tar.hardLink("base/h", "base/1")),
                attack(
                        "through a link of the top level",
                        (tar, out) -> tar.symbolicLink("globe", "x").file("globe/pg_control", EVIL)),
                attack("file in place of a directory", (tar, out) -> tar.file("base/1", EVIL)),
                attack("link in place of a directory", (tar, out) -> tar.symbolicLink("base/1", out)),
                attack("directory in place of a file", (tar, out) -> tar.directory("base/1/1259", 0777)),
                attack("member below a file", (tar, out) -> tar.file("base/1/1259/evil", EVIL)),
                attack(
                        "a control file that is a link",
                        (tar, out) -> tar.symbolicLink("global/pg_control", out + "/victim")),
                attack("root that is a link", (tar, out) -> tar.symbolicLink(".", out)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void noMemberLeavesItsRoot(String name, BiConsumer<TarBytes, String> members) {
        TarBytes tar = beginning(new TarBytes());
        members.accept(tar, outside.toString());
        fixture.place("data.tar", end(tar).bytes());

        RecoveryException failure = fixture.failure();

        assertThat(failure)
                .isInstanceOf(RecoveryException.CorruptArchive.class)
                .hasMessageContaining("data.tar")
                .hasMessageContaining("at member");
        assertThat(fixture.isMarked()).isTrue();
    }

    @Test
    void aLinkMayPointOutsideAslongAsNothingGoesThroughIt() throws IOException {
        TarBytes tar = beginning(new TarBytes())
                .symbolicLink("base/l", outside.resolve("victim").toString())
                .file("base/l", EVIL)
                .symbolicLink("victim", outside.resolve("victim").toString());
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve("base/l")).isRegularFile().hasContent("evil");
        assertThat(Files.isSymbolicLink(fixture.pgdata.resolve("victim"))).isTrue();
    }

    /** What we make ourselves goes through no link either. */
    @Test
    void linksInPlaceOfOurDirectoriesAreNotFollowed() {
        for (String planted : List.of("pg_tblspc", "global")) {
            RecoveryFixture each = new RecoveryFixture(directory.resolve(planted));
            each.withTablespaces("");
            TarBytes tar = new TarBytes()
                    .directory(".", 0700)
                    .file("PG_VERSION", "17\n")
                    .symbolicLink(planted, outside.toString());
            each.place("data.tar", end(tar).bytes());

            assertThat(each.failure()).as(planted).isInstanceOf(RecoveryException.CorruptArchive.class);
        }
    }

    @Test
    void aLinkInPlaceOfTheLogIsLeftOut() {
        TarBytes tar = new TarBytes()
                .directory(".", 0700)
                .file("PG_VERSION", "17\n")
                .symbolicLink("pg_wal", outside.toString())
                .directory("global", 0700);
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(Files.isSymbolicLink(fixture.pgdata.resolve("pg_wal"))).isFalse();
        assertThat(fixture.pgdata.resolve("pg_wal")).isDirectory();
    }

    @Test
    void filesOfATablespaceComeFromItsOwnArchiveOnly() {
        fixture.withTablespaces("");
        fixture.place(
                "data.tar",
                end(beginning(new TarBytes()).file("pg_tblspc/16384/PG_17_1/1", EVIL))
                        .bytes());

        assertThat(fixture.failure()).isInstanceOf(RecoveryException.CorruptArchive.class);
    }

    @Test
    void specialFilesAreNeverMade() {
        TarBytes tar = beginning(new TarBytes());
        for (byte type : new byte[] {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO}) {
            tar.special("base/special" + type, type);
        }
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(Tree.of(fixture.pgdata).keySet()).noneMatch(path -> path.contains("special"));
    }
}
