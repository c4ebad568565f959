package io.walarchiver.backup.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.walarchiver.backup.catalog.Samples;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {

    private static final String LONG_NAME = "base/" + "x".repeat(150) + "/" + "y".repeat(200);

    /** What an archive holds. */
    private record Read(List<TarHeader> headers, Map<String, byte[]> contents, boolean endMark) {}

    private static Read read(byte[] archive) throws IOException {
        return read(new ByteArrayInputStream(archive), 64 << 10);
    }

    private static Read read(InputStream in, int chunk) throws IOException {
        TarReader reader = new TarReader(in);
        List<TarHeader> headers = new ArrayList<>();
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (Optional<TarHeader> next = reader.next(); next.isPresent(); next = reader.next()) {
            headers.add(next.get());
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            byte[] bytes = new byte[chunk];
            for (int count = reader.read(bytes, 0, chunk); count >= 0; count = reader.read(bytes, 0, chunk)) {
                content.write(bytes, 0, count);
            }
            contents.put(next.get().name(), content.toByteArray());
        }
        assertThat(in.read()).isEqualTo(-1);
        assertThat(reader.next()).isEmpty();
        return new Read(headers, contents, reader.hasEndMark());
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static TarBytes sample(TarBytes.Form form) {
        return new TarBytes(form)
                .directory("./", 0700)
                .file("./PG_VERSION", "17\n")
                .directory("base/", 0700)
                .file("base/1", noise(8192))
                .file("base/empty", "")
                .file(LONG_NAME, 0640, noise(513))
                .hardLink("base/again", "base/1")
                .symbolicLink("link", "z".repeat(180))
                .special("fifo", TarConstants.LF_FIFO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"16384.tar", "16384.tar.gz", "16384.tar.bz2", "16384.tar.snappy", "16384.tar.lz4"})
    void readsWhatBarmanWrote(String name) throws IOException {
        byte[] object = Samples.bytes("tar/" + (name.endsWith(".lz4") ? name + "-pre-3.18-build" : name));
        Read read;
        try (InputStream content = Codec.of(Compression.ofKey(name)).decodingStream(new ByteArrayInputStream(object))) {
            read = read(content, 64 << 10);
        }

        assertThat(read.headers())
                .extracting(TarHeader::name, TarHeader::type, TarHeader::size, TarHeader::mode, TarHeader::uid)
                .contains(
                        tuple("PG_15_202209061/", TarHeader.Type.DIRECTORY, 0L, 0700, 101L),
                        tuple("PG_15_202209061/5/16385", TarHeader.Type.FILE, 8192L, 0600, 101L))
                .hasSize(5);
        TarHeader first = read.headers().get(0);
        assertThat(first.userName()).isEqualTo("postgres");
        assertThat(first.groupName()).isEqualTo("postgres");
        assertThat(first.modified().toInstant().getNano()).isNotZero();
        assertThat(read.contents().get("PG_15_202209061/5/16388")).isEmpty();
        assertThat(read.endMark()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(TarBytes.Form.class)
    void readsEveryForm(TarBytes.Form form) throws IOException {
        Read read = read(sample(form).bytes());

        assertThat(read.headers())
                .extracting(TarHeader::name)
                .containsExactly(
                        "./", "./PG_VERSION", "base/", "base/1", "base/empty", LONG_NAME, "base/again", "link", "fifo");
        assertThat(read.headers())
                .extracting(TarHeader::type)
                .containsExactly(
                        TarHeader.Type.DIRECTORY,
                        TarHeader.Type.FILE,
                        TarHeader.Type.DIRECTORY,
                        TarHeader.Type.FILE,
                        TarHeader.Type.FILE,
                        TarHeader.Type.FILE,
                        TarHeader.Type.HARD_LINK,
                        TarHeader.Type.SYMBOLIC_LINK,
                        TarHeader.Type.FIFO);
        assertThat(read.contents().get("base/1")).isEqualTo(noise(8192));
        assertThat(read.contents().get(LONG_NAME)).isEqualTo(noise(513));
        assertThat(read.headers().get(5).mode()).isEqualTo(0640);
        assertThat(read.headers().get(6).linkName()).isEqualTo("base/1");
        assertThat(read.headers().get(7).linkName()).isEqualTo("z".repeat(180));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 511, 512, 513, 4096, 65_536})
    void theSizeOfReadsMakesNoDifference(int chunk) throws IOException {
        byte[] archive = sample(TarBytes.Form.PAX).bytes();
        InputStream slow = new ByteArrayInputStream(archive) {
            @Override
            public synchronized int read(byte[] bytes, int offset, int length) {
                return super.read(bytes, offset, Math.min(length, chunk));
            }
        };

        Read read = read(slow, chunk);

        assertThat(read.contents().get("base/1")).isEqualTo(noise(8192));
        assertThat(read.headers()).hasSize(9);
    }

    @Test
    void contentNeedNotBeRead() throws IOException {
        TarReader reader =
                new TarReader(new ByteArrayInputStream(sample(TarBytes.Form.PAX).bytes()));
        int members = 0;
        while (reader.next().isPresent()) {
            members++;
        }
        assertThat(members).isEqualTo(9);
    }

    @Test
    void fractionsOfSecondsAreKept() throws IOException {
        FileTime time = FileTime.from(Instant.parse("2026-11-22T09:21:41.763Z"));
        TarHeader pax =
                read(new TarBytes().time(time).file("a", "").bytes()).headers().get(0);
        TarHeader ustar = read(new TarBytes(TarBytes.Form.USTAR)
                        .time(time)
                        .file("a", "")
                        .bytes())
                .headers()
                .get(0);

        assertThat(pax.modified()).isEqualTo(time);
        assertThat(ustar.modified()).isEqualTo(FileTime.from(Instant.parse("2026-11-22T09:21:41Z")));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, true", "2, true", "3, true", "20, true"})
    void tellsWhetherThereIsAnEndMark(int blocks, boolean expected) throws IOException {
        assertThat(read(sample(TarBytes.Form.PAX).terminated(blocks)).endMark()).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(TarBytes.Form.class)
    void anArchiveCutOffInsideAMemberIsAnError(TarBytes.Form form) throws IOException {
        byte[] members = sample(form).unterminated();
        List<Long> boundaries = new ArrayList<>();
        for (TarHeader header : read(members).headers()) {
            boundaries.add(header.offset());
        }
        for (int length = 1; length < members.length; length++) {
            byte[] cut = Arrays.copyOf(members, length);
            if (boundaries.contains((long) length)) {
                assertThat(read(cut).endMark()).as("cut at %s", length).isFalse();
            } else {
                assertThatThrownBy(() -> read(cut))
                        .as("cut at %s", length)
                        .isInstanceOf(TarFormatException.class)
                        .hasMessageContaining("ends");
            }
        }
    }

    @Test
    void aChangedHeaderIsAnError() throws IOException {
        byte[] archive = sample(TarBytes.Form.USTAR).bytes();
        for (TarHeader header : read(archive).headers()) {
            for (int i = 0; i < 512; i++) {
                if (i == 154 || i == 155) {
                    // Zero or blank: either may end the checksum.
                    continue;
                }
                byte[] damaged = archive.clone();
                damaged[(int) header.offset() + i] ^= 0x20;
                assertThatThrownBy(() -> read(damaged))
                        .as("byte %s of the header of %s", i, header.name())
                        .isInstanceOf(TarFormatException.class)
                        .extracting(failure -> ((TarFormatException) failure).offset())
                        .isEqualTo(header.offset());
            }
        }
    }

    @Test
    void aZeroedHeaderIsNotTakenForTheEnd() throws IOException {
        byte[] archive = sample(TarBytes.Form.USTAR).bytes();
        for (TarHeader header : read(archive).headers()) {
            byte[] damaged = archive.clone();
            Arrays.fill(damaged, (int) header.offset(), (int) header.offset() + 512, (byte) 0);
            if (header.type() == TarHeader.Type.FIFO) {
                // The last one: nothing follows that could tell.
                continue;
            }
            assertThatThrownBy(() -> read(damaged))
                    .as(header.name())
                    .isInstanceOf(TarFormatException.class)
                    .hasMessageContaining("follows the end mark");
        }
    }

    @Test
    void anythingBehindTheEndMarkIsAnError() {
        byte[] archive = new TarBytes().file("a", "1").bytes();
        archive[archive.length - 1] = 1;

        assertThatThrownBy(() -> read(archive)).isInstanceOf(TarFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"L", "K", "x", "X", "g"})
    void aHeaderWithoutItsMemberIsAnError(String type) {
        byte[] content = type.matches("[LK]") ? "name\0".getBytes(StandardCharsets.UTF_8) : pax("path", "a");
        byte[] archive = new TarBytes(TarBytes.Form.USTAR)
                .file("b", "1")
                .add("././@LongLink", (byte) type.charAt(0), 0600, "", content)
                .bytes();
        if (type.equals("g")) {
            // Global headers stand for themselves.
            assertThatNoFailure(archive);
        } else {
            assertThatThrownBy(() -> read(archive))
                    .isInstanceOf(TarFormatException.class)
                    .hasMessageContaining("between an extended header and its member");
        }
    }

    private static void assertThatNoFailure(byte[] archive) {
        try {
            assertThat(read(archive).headers()).hasSize(1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] pax(String... keysAndValues) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            String rest = " " + keysAndValues[i] + "=" + keysAndValues[i + 1] + "\n";
            int length = rest.getBytes(StandardCharsets.UTF_8).length;
            int total = length + Integer.toString(length).length();
            if (Integer.toString(total).length() > Integer.toString(length).length()) {
                total++;
            }
            text.append(total).append(rest);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] withPax(byte[] header) {
        return new TarBytes(TarBytes.Form.USTAR)
                .add("PaxHeaders/a", TarConstants.LF_PAX_EXTENDED_HEADER_LC, 0600, "", header)
                .file("a", "12345")
                .bytes();
    }

    @Test
    void extendedHeadersSayMoreThanTheHeader() throws IOException {
        byte[] header = pax(
                "path",
                "tablé/ñ",
                "uid",
                "4000000000",
                "gid",
                "17",
                "uname",
                "jürgen",
                "gname",
                "wheel",
                "mtime",
                "-1.5",
                "comment",
                "a=b\nc",
                "size",
                "3");
        byte[] archive = new TarBytes(TarBytes.Form.USTAR)
                .add("PaxHeaders/a", TarConstants.LF_PAX_EXTENDED_HEADER_LC, 0600, "", header)
                .file("a", "123")
                .file("b", "4")
                .bytes();

        Read read = read(archive);

        TarHeader first = read.headers().get(0);
        assertThat(first.name()).isEqualTo("tablé/ñ");
        assertThat(first.uid()).isEqualTo(4_000_000_000L);
        assertThat(first.gid()).isEqualTo(17);
        assertThat(first.userName()).isEqualTo("jürgen");
        assertThat(first.groupName()).isEqualTo("wheel");
        assertThat(first.modified().toInstant()).isEqualTo(Instant.parse("1969-12-31T23:59:58.5Z"));
        assertThat(read.contents().get("tablé/ñ")).isEqualTo("123".getBytes(StandardCharsets.UTF_8));
        assertThat(read.headers().get(1).name()).isEqualTo("b");
        assertThat(read.headers().get(1).uid()).isZero();
    }

    @Test
    void globalHeadersHoldUntilTheyAreTakenBack() throws IOException {
        byte[] archive = new TarBytes(TarBytes.Form.USTAR)
                .add("g", TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER, 0600, "", pax("uname", "ann", "uid", "5"))
                .file("a", "")
                .add("x", TarConstants.LF_PAX_EXTENDED_HEADER_LC, 0600, "", pax("uname", "bob"))
                .file("b", "")
                .add("x", TarConstants.LF_PAX_EXTENDED_HEADER_LC, 0600, "", pax("uid", ""))
                .file("c", "")
                .bytes();

        List<TarHeader> headers = read(archive).headers();

        assertThat(headers).extracting(TarHeader::userName).containsExactly("ann", "bob", "ann");
        assertThat(headers).extracting(TarHeader::uid).containsExactly(5L, 5L, 0L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x path=a\n",
                " path=a\n",
                "0 path=a\n",
                "9 path=a",
                "99 path=a\n",
                "999999999999999999 path=a\n",
                "8 path a\n",
                "-9 path=a\n",
                "3 \n",
                "13 mtime=now\n",
                "12 size=-5\n",
                "12 size=1e9\n",
                "34 mtime=999999999999999999999999\n",
                "28 GNU.sparse.major=1\n\n\n\n\n"
            })
    void senselessExtendedHeadersAreErrors(String header) {
        assertThatThrownBy(() -> read(withPax(header.getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(TarFormatException.class);
    }

    @Test
    void extendedHeadersAreBounded() {
        for (byte type : new byte[] {
            TarConstants.LF_PAX_EXTENDED_HEADER_LC,
            TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER,
            TarConstants.LF_GNUTYPE_LONGNAME,
            TarConstants.LF_GNUTYPE_LONGLINK
        }) {
            // The header promises a GiB; that nothing follows does not matter any more.
            byte[] archive = new TarBytes(TarBytes.Form.USTAR)
                    .add("x", type, new byte[0], entry -> {})
                    .unterminated();
            byte[] size = "10000000000".getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(size, 0, archive, 124, size.length);
            TarBytes.fixChecksum(archive, 0);
            assertThatThrownBy(() -> read(archive))
                    .isInstanceOf(TarFormatException.class)
                    .hasMessageContaining("beyond all reason");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"S", "V", "M", "N", "Z"})
    void membersOfOtherKindsAreErrors(String type) {
        byte[] archive = new TarBytes(TarBytes.Form.USTAR).file("a", "1").unterminated();
        archive[156] = (byte) type.charAt(0);
        TarBytes.fixChecksum(archive, 0);

        assertThatThrownBy(() -> read(archive)).isInstanceOf(TarFormatException.class);
    }

    @Test
    void anOldDirectoryIsKnownByItsSlash() throws IOException {
        byte[] archive =
                new TarBytes(TarBytes.Form.USTAR).file("old/", new byte[0]).bytes();
        archive[156] = 0;
        TarBytes.fixChecksum(archive, 0);

        assertThat(read(archive).headers().get(0).type()).isEqualTo(TarHeader.Type.DIRECTORY);
    }

    @Test
    void theSizeOfALinkCountsForNothing() throws IOException {
        byte[] archive = new TarBytes(TarBytes.Form.USTAR)
                .file("a", "1")
                .hardLink("b", "a")
                .file("c", "2")
                .bytes();
        int link = 1024;
        byte[] size = "00000010000".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(size, 0, archive, link + 124, size.length);
        TarBytes.fixChecksum(archive, link);

        assertThat(read(archive).headers()).extracting(TarHeader::name).containsExactly("a", "b", "c");
    }

    @Test
    void noiseIsAnError() {
        for (int seed = 0; seed < 200; seed++) {
            byte[] noise = noise(512 + seed * 37);
            assertThatThrownBy(() -> read(noise)).isInstanceOf(TarFormatException.class);
        }
    }

    @Test
    void nothingAtAllIsAnArchiveWithoutEndMark() throws IOException {
        Read read = read(new byte[0]);

        assertThat(read.headers()).isEmpty();
        assertThat(read.endMark()).isFalse();
    }

    @Test
    void whatTheStreamThrowsComesThrough() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("scripted");
            }
        };
        assertThatThrownBy(() -> new TarReader(broken).next())
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(TarFormatException.class)
                .hasMessage("scripted");
    }
}
