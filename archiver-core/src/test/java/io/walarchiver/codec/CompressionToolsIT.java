package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.walarchiver.codec.CodecData.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line tools read what we write, and we read what they write. Tools that are not installed are left out. */
class CompressionToolsIT {

    private static int[] sizes(Kind kind, Compression compression) {
        if (kind != Kind.WAL_LIKE) {
            return new int[] {0, 1, 65_537};
        }
        // The largest blocks of lz4 have 4 MiB.
        return new int[] {1, 65_537, compression == Compression.LZ4 ? 9 << 20 : 3 << 20};
    }

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "gzip, GZIP, 1",
        "gzip, GZIP, 6",
        "bzip2, BZIP2, 5",
        "xz, XZ, 3",
        "zstd, ZSTD, -5",
        "zstd, ZSTD, 1",
        "zstd, ZSTD, 19",
        "lz4, LZ4, 0",
        "lz4, LZ4, 9"
    })
    void toolReadsWhatWeWrite(String tool, Compression compression, int level) throws Exception {
        assumeInstalled(tool);
        Codec codec = Codec.of(compression, OptionalInt.of(level));
        for (Kind kind : Kind.values()) {
            for (int size : sizes(kind, codec.compression())) {
                byte[] content = kind.bytes(size);
                for (byte[] object : List.of(
                        CodecData.encode(codec, content),
                        CodecData.encodeStream(codec, content, true),
                        CodecData.encodeStream(codec, content, false))) {
                    assertThat(Arrays.equals(run(object, tool, "-d", "-c"), content))
                            .as("%s bytes of %s", size, kind)
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gzip -c -1",
                "gzip -c -9",
                "bzip2 -c -9",
                "xz -c -0 --check=crc32",
                "xz -c -3 --block-size=1000000",
                "xz -c -9 --check=sha256",
                "xz -c --format=lzma",
                "zstd -c -4 --no-check",
                "zstd -c -19 --long=24",
                "zstd -c -3 -T2 --check",
                "lz4 -c -B4 -BD --no-frame-crc --content-size",
                "lz4 -c -B5 -BD -BX",
                "lz4 -c -B6 -BD -9",
                "lz4 -c -B7 -BD -12",
                "lz4 -c -B4 -BI -BX",
                "lz4 -c -B7 -BI"
            })
    void weReadWhatTheToolWrites(String command) throws Exception {
        String[] words = command.split(" ");
        assumeInstalled(words[0]);
        Codec codec = Codec.of(
                switch (words[0]) {
                    case "gzip" -> Compression.GZIP;
                    case "bzip2" -> Compression.BZIP2;
                    case "xz" -> Compression.XZ;
                    case "zstd" -> Compression.ZSTD;
                    default -> Compression.LZ4;
                });
        for (Kind kind : Kind.values()) {
            for (int size : sizes(kind, codec.compression())) {
                byte[] content = kind.bytes(size);
                byte[] object = run(content, words);
                String what = size + " bytes of " + kind;
                assertThat(Arrays.equals(CodecData.decode(codec, object, size), content))
                        .as(what)
                        .isTrue();
                assertThat(Arrays.equals(CodecData.decodeStream(codec, object), content))
                        .as("stream of %s", what)
                        .isTrue();
            }
        }
    }

    private static void assumeInstalled(String tool) {
        boolean installed = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, tool)));
        assumeThat(installed).as("%s is installed", tool).isTrue();
    }

    private byte[] run(byte[] input, String... command) throws IOException, InterruptedException {
        Path from = directory.resolve("input");
        Path to = directory.resolve("output");
        Path errors = directory.resolve("errors");
        Files.write(from, input);
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .redirectInput(from.toFile())
                .redirectOutput(to.toFile())
                .redirectError(errors.toFile())
                .start();
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException(command[0] + " does not end");
        }
        assertThat(process.exitValue())
                .as("%s: %s", String.join(" ", command), Files.readString(errors))
                .isZero();
        return Files.readAllBytes(to);
    }
}
