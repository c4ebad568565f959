package io.walarchiver.backup.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.walarchiver.backup.tar.TarMember.Directory;
import io.walarchiver.backup.tar.TarMember.HardLink;
import io.walarchiver.backup.tar.TarMember.RegularFile;
import io.walarchiver.backup.tar.TarMember.SymbolicLink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarWriterTest {

    private static final FileTime TIME = FileTime.from(Instant.parse("2021-04-05T06:07:08.1234567Z"));
    private static final MemberAttributes ATTRIBUTES = new MemberAttributes(0600, 101, 104, "postgres", "dba", TIME);
    private static final MemberAttributes DIRECTORY = new MemberAttributes(0700, 101, 104, "postgres", "dba", TIME);

    @TempDir
    Path directory;

    /** Content of memory that counts how often it was closed. */
    private static final class Bytes implements MemberContent {
        private final ByteBuffer bytes;
        private int closed;

        Bytes(byte[] bytes) {
            this.bytes = ByteBuffer.wrap(bytes);
        }

        @Override
        public int read(ByteBuffer target) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int count = Math.min(bytes.remaining(), target.remaining());
            target.put(bytes.slice().limit(count));
            bytes.position(bytes.position() + count);
            return count;
        }

        @Override
        public void close() {
            closed++;
        }
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + 7);
        }
        return bytes;
    }

    private static RegularFile file(String name, byte[] content) {
        return new RegularFile(name, ATTRIBUTES, content.length, new Bytes(content));
    }

    private static byte[] archive(int bufferBytes, TarMember... members) throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(bufferBytes);
        try (TarWriter writer = new TarWriter()) {
            for (TarMember member : members) {
                writer.add(member);
                drain(writer, buffer, archive);
            }
            writer.finish();
            drain(writer, buffer, archive);
            assertThat(writer.isDone()).isTrue();
            assertThat(writer.members()).isEqualTo(members.length);
            assertThat(writer.written()).isEqualTo(archive.size());
        }
        return archive.toByteArray();
    }

    private static void drain(TarWriter writer, ByteBuffer buffer, ByteArrayOutputStream archive) throws IOException {
        while (!writer.isIdle()) {
            writer.fill(buffer);
            archive.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
    }

    private record Read(TarArchiveEntry entry, byte[] content) {}

    private static Map<String, Read> read(byte[] archive) throws IOException {
        Map<String, Read> members = new LinkedHashMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                assertThat(members.put(entry.getName(), new Read(entry, tar.readAllBytes())))
                        .isNull();
            }
        }
        return members;
    }

    private static Read member(Map<String, Read> members, String name) {
        return Objects.requireNonNull(members.get(name), name);
    }

    static Stream<Integer> sizes() {
        List<Integer> sizes = new ArrayList<>(List.of(0, 1));
        for (int edge : new int[] {512, 1024, 10_240, 20_480}) {
            for (int headers = 0; headers <= 3; headers++) {
                sizes.add(edge - headers * 512 - 1);
                sizes.add(edge - headers * 512);
                sizes.add(edge - headers * 512 + 1);
            }
        }
        sizes.add(7919);
        return sizes.stream().filter(size -> size >= 0).distinct();
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aFileOfAnySizeIsReadBackFromBuffersOfAnySize(int size) throws IOException {
        byte[] content = pattern(size);
        byte[] expected = archive(1 << 20, new Directory(".", DIRECTORY), file("base/1/16384", content));
        assertThat(expected.length % 10_240).isZero();
        assertThat(member(read(expected), "base/1/16384").content()).isEqualTo(content);

        for (int bufferBytes : new int[] {1, 511, 512, 513, 10_239, 10_240, 7919}) {
            assertThat(archive(bufferBytes, new Directory(".", DIRECTORY), file("base/1/16384", content)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void anArchiveWithoutMembersIsOneBlockOfZeros() throws IOException {
        assertThat(archive(100)).isEqualTo(new byte[10_240]);
    }

    @Test
    void theRootDirectoryIsADotAndCarriesItsMode() throws IOException {
        Read root = member(read(archive(4096, new Directory(".", DIRECTORY))), "./");
        assertThat(root.entry().isDirectory()).isTrue();
        assertThat(root.entry().getMode() & 07777).isEqualTo(0700);
    }

    @Test
    void ownersModesAndFractionsOfSecondsAreKept() throws IOException {
        TarArchiveEntry entry = member(read(archive(4096, file("PG_VERSION", pattern(3)))), "PG_VERSION")
                .entry();
        assertThat(entry.getMode() & 07777).isEqualTo(0600);
        assertThat(entry.getLongUserId()).isEqualTo(101);
        assertThat(entry.getLongGroupId()).isEqualTo(104);
        assertThat(entry.getUserName()).isEqualTo("postgres");
        assertThat(entry.getGroupName()).isEqualTo("dba");
        assertThat(entry.getLastModifiedTime()).isEqualTo(TIME);
    }

    @Test
    void largeUserNumbersAreKept() throws IOException {
        // OpenShift runs containers as users from a range of its own.
        MemberAttributes openShift = new MemberAttributes(0640, 1_000_690_000L, 4_294_967_294L, "", "", TIME);
        TarArchiveEntry entry = member(
                        read(archive(4096, new RegularFile("x", openShift, 1, new Bytes(pattern(1))))), "x")
                .entry();
        assertThat(entry.getLongUserId()).isEqualTo(1_000_690_000L);
        assertThat(entry.getLongGroupId()).isEqualTo(4_294_967_294L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 99, 100, 101, 155, 256, 1000})
    void namesOfAnyLengthAreKept(int length) throws IOException {
        String name = "d/" + "n".repeat(length - 1) + "e";
        assertThat(read(archive(4096, file(name, pattern(10)), new Directory(name + "-d", DIRECTORY))))
                .containsOnlyKeys(name, name + "-d/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"größe/ключ", "名前", "smile-\uD83D\uDE00", "with blank and 'quote'", "back\\slash", "new\nline"})
    void namesOfAnyCharactersAreKept(String name) throws IOException {
        Map<String, Read> members = read(archive(
                4096,
                file(name, pattern(10)),
                new SymbolicLink("link", ATTRIBUTES, "/elsewhere/" + name),
                new HardLink("other", ATTRIBUTES, name)));
        assertThat(members).containsOnlyKeys(name, "link", "other");
        assertThat(member(members, "link").entry().getLinkName()).isEqualTo("/elsewhere/" + name);
        assertThat(member(members, "other").entry().getLinkName()).isEqualTo(name);
    }

    @Test
    void linksAreLinks() throws IOException {
        String longTarget = "t".repeat(300);
        Map<String, Read> members = read(archive(
                4096,
                file("a", pattern(10)),
                new SymbolicLink("s", ATTRIBUTES, longTarget),
                new HardLink("h", ATTRIBUTES, "a"),
                file("b", pattern(20))));
        assertThat(member(members, "s").entry().isSymbolicLink()).isTrue();
        assertThat(member(members, "s").entry().getLinkName()).isEqualTo(longTarget);
        assertThat(member(members, "h").entry().isLink()).isTrue();
        assertThat(member(members, "h").entry().getLinkName()).isEqualTo("a");
        assertThat(member(members, "b").content()).isEqualTo(pattern(20));
    }

    @Test
    void aSizeBeyondTheOctalFieldIsStatedInThePaxHeader() throws IOException {
        long size = (8L << 30) + 12_345;
        ByteBuffer start = ByteBuffer.allocate(4096);
        try (TarWriter writer = new TarWriter()) {
            writer.add(new RegularFile("large", ATTRIBUTES, size, new Bytes(pattern(100_000))));
            writer.fill(start);
        }
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(start.array()))) {
            assertThat(tar.getNextEntry().getSize()).isEqualTo(size);
        }
    }

    @Test
    void aFileThatShrankIsFilledUpWithZeros() throws IOException {
        Bytes content = new Bytes(pattern(700));
        Map<String, Read> members =
                read(archive(300, new RegularFile("shrunk", ATTRIBUTES, 2000, content), file("next", pattern(5))));
        byte[] expected = new byte[2000];
        System.arraycopy(pattern(700), 0, expected, 0, 700);
        assertThat(member(members, "shrunk").content()).isEqualTo(expected);
        assertThat(member(members, "next").content()).isEqualTo(pattern(5));
        assertThat(content.closed).isEqualTo(1);
    }

    @Test
    void aFileThatGrewIsCut() throws IOException {
        Bytes content = new Bytes(pattern(5000));
        Map<String, Read> members =
                read(archive(300, new RegularFile("grown", ATTRIBUTES, 700, content), file("next", pattern(5))));
        assertThat(member(members, "grown").content()).isEqualTo(pattern(700));
        assertThat(member(members, "next").content()).isEqualTo(pattern(5));
        assertThat(content.closed).isEqualTo(1);
    }

    @Test
    void contentIsClosedWhenTheArchiveIsGivenUp() throws IOException {
        Bytes content = new Bytes(pattern(5000));
        TarWriter writer = new TarWriter();
        writer.add(new RegularFile("file", ATTRIBUTES, 5000, content));
        writer.fill(ByteBuffer.allocate(1500));
        writer.close();
        writer.close();
        assertThat(content.closed).isEqualTo(1);
        assertThatThrownBy(() -> writer.fill(ByteBuffer.allocate(1))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anEmptyFileIsClosedToo() throws IOException {
        Bytes content = new Bytes(new byte[0]);
        assertThat(read(archive(512, new RegularFile("empty", ATTRIBUTES, 0, content))))
                .containsOnlyKeys("empty");
        assertThat(content.closed).isEqualTo(1);
    }

    @Test
    void aFailureToReadIsPassedOnAndTheContentClosed() throws IOException {
        boolean[] closed = {false};
        MemberContent broken = new MemberContent() {
            @Override
            public int read(ByteBuffer target) throws IOException {
                throw new IOException("Input/output error");
            }

            @Override
            public void close() {
                closed[0] = true;
            }
        };
        try (TarWriter writer = new TarWriter()) {
            writer.add(new RegularFile("file", ATTRIBUTES, 5000, broken));
            assertThatThrownBy(() -> writer.fill(ByteBuffer.allocate(4000))).hasMessage("Input/output error");
        }
        assertThat(closed[0]).isTrue();
    }

    @Test
    void membersAreTakenOneAfterTheOther() throws IOException {
        try (TarWriter writer = new TarWriter()) {
            writer.add(file("one", pattern(1)));
            assertThatThrownBy(() -> writer.add(file("two", pattern(1)))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
            writer.fill(ByteBuffer.allocate(10_000));
            writer.finish();
            assertThatThrownBy(() -> writer.add(file("three", pattern(1)))).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/etc/passwd", "dir/"})
    void namesThatWouldNotComeBackAsTheyAreAreRefused(String name) {
        assertThatThrownBy(() -> file(name, pattern(1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theTarProgramListsAndUnpacksWhatWasWritten() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tar")) || Files.isExecutable(Path.of("/bin/tar")), "no tar");
        String longName = "base/" + "x".repeat(180);
        Path archive = directory.resolve("data.tar");
        Files.write(
                archive,
                archive(
                        8192,
                        new Directory(".", DIRECTORY),
                        file("./PG_VERSION", "17\n".getBytes(StandardCharsets.US_ASCII)),
                        new Directory("base", DIRECTORY),
                        file(longName, pattern(9000)),
                        new HardLink("base/again", ATTRIBUTES, longName),
                        new SymbolicLink("base/dangling", ATTRIBUTES, "nowhere")));
        assertThat(run("tar", "--numeric-owner", "--full-time", "-tvf", archive.toString())
                        .lines())
                .satisfiesExactly(
                        root -> assertThat(root)
                                .startsWith("drwx------ 101/104")
                                .contains("06:07:08.1234567")
                                .endsWith("./"),
                        version -> assertThat(version)
                                .startsWith("-rw------- 101/104")
                                .endsWith("./PG_VERSION"),
                        base -> assertThat(base).endsWith("base/"),
                        relation -> assertThat(relation).contains(" 9000 ").endsWith(longName),
                        again -> assertThat(again).startsWith("h").endsWith("base/again link to " + longName),
                        dangling -> assertThat(dangling).startsWith("l").endsWith("base/dangling -> nowhere"));

        Path unpacked = Files.createDirectory(directory.resolve("unpacked"));
        assertThat(run("tar", "--no-same-owner", "-C", unpacked.toString(), "-xf", archive.toString()))
                .isEmpty();
        assertThat(Files.readAllBytes(unpacked.resolve("base/again"))).isEqualTo(pattern(9000));
        assertThat(Files.getLastModifiedTime(unpacked.resolve("PG_VERSION"))).isEqualTo(TIME);
    }

    private static String run(String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TZ", "UTC");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
