package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemberFileTest {

    private static final int CHUNK = MemberFile.CHUNK_BYTES;
    private static final int HOLE = MemberFile.HOLE_BYTES;

    @TempDir
    Path directory;

    private final MemberFile writer = new MemberFile();

    /** Gives its bytes in pieces of odd lengths. */
    private static MemberFile.Content content(byte[] bytes) {
        InputStream in = new ByteArrayInputStream(bytes);
        return (target, offset, length) -> in.read(target, offset, Math.min(length, 99_991));
    }

    private static long blocks(Path file) throws IOException, InterruptedException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        String printed = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        assertThat(stat.waitFor()).isZero();
        return Long.parseLong(printed);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8191, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17, HOLE, HOLE + 1, 2_097_143})
    void contentOfAnyLengthIsWrittenAsItIs(int length) throws IOException {
        for (byte[] bytes : new byte[][] {noise(length), new byte[length]}) {
            Path file = directory.resolve("file");
            Files.deleteIfExists(file);

            writer.create(file, content(bytes));

            assertThat(file).hasBinaryContent(bytes);
        }
    }

    /** Zeros and noise in turn, over whatever was there. */
    @Test
    void anyMixtureOverAnyMixture() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 60; i++) {
            Path file = directory.resolve("file" + i);
            byte[] before = mixture(random);
            byte[] after = random.nextInt(3) == 0 ? changed(before, random) : mixture(random);
            writer.create(file, content(before));
            assertThat(file).hasBinaryContent(before);

            writer.replace(file, content(after));

            assertThat(file).as("round " + i).hasBinaryContent(after);
        }
    }

    private static byte[] mixture(SplittableRandom random) {
        byte[] bytes = new byte[random.nextInt(4 * HOLE)];
        int position = 0;
        while (position < bytes.length) {
            int length = Math.min(bytes.length - position, random.nextInt(1, 2 * HOLE));
            if (random.nextBoolean()) {
                System.arraycopy(noise(length), 0, bytes, position, length);
            }
            position += length;
        }
        return bytes;
    }

    private static byte[] changed(byte[] bytes, SplittableRandom random) {
        byte[] copy = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        if (copy.length > 0) {
            copy[random.nextInt(copy.length)]++;
        }
        return copy;
    }

    @Test
    void longRunsOfZerosTakeNoSpace() throws Exception {
        byte[] bytes = new byte[20 * HOLE];
        System.arraycopy(noise(CHUNK), 0, bytes, 9 * HOLE, CHUNK);
        Path file = directory.resolve("file");

        writer.create(file, content(bytes));

        assertThat(file).hasBinaryContent(bytes);
        assertThat(blocks(file) * 512).isLessThan(HOLE);
    }

    /** What PostgreSQL has reserved stays reserved. */
    @Test
    void shortRunsOfZerosAreWritten() throws Exception {
        byte[] bytes = noise(2 * HOLE);
        Arrays.fill(bytes, HOLE, HOLE + CHUNK, (byte) 0);
        Path file = directory.resolve("file");

        writer.create(file, content(bytes));

        assertThat(blocks(file) * 512).isGreaterThanOrEqualTo(2L * HOLE);
    }

    /** A hole that is too short to be left by us stays one: so nothing was written there. */
    @Test
    void whatIsThereIsNotWrittenAgain() throws Exception {
        Path file = directory.resolve("file");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), HOLE / 2 - 1);
        }
        long before = blocks(file);

        writer.replace(file, content(new byte[HOLE / 2]));

        assertThat(blocks(file)).isEqualTo(before);
        assertThat(file).hasSize(HOLE / 2);
    }

    @Test
    void aFileWithAnotherNameIsReplacedNotChanged() throws IOException {
        Path file = directory.resolve("file");
        Path other = directory.resolve("other");
        Files.writeString(file, "before");
        Files.createLink(other, file);

        writer.replace(file, content(new byte[] {'n', 'o', 'w'}));

        assertThat(file).hasContent("now");
        assertThat(other).hasContent("before");
    }

    @Test
    void aLinkIsReplacedNotFollowed() throws IOException {
        Path file = directory.resolve("file");
        Path other = directory.resolve("other");
        Files.writeString(other, "before");
        Files.createSymbolicLink(file, other);

        assertThatThrownBy(() -> writer.create(file, content(new byte[1]))).isInstanceOf(MemberFile.Exists.class);
        writer.replace(file, content(new byte[] {'n', 'o', 'w'}));

        assertThat(file).isRegularFile().hasContent("now");
        assertThat(other).hasContent("before");
    }
}
