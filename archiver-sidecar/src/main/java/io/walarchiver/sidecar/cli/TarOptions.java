package io.walarchiver.sidecar.cli;

import io.walarchiver.codec.Compression;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.sidecar.settings.Problems;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** How the files of a backup are made; the spellings are those of barman-cloud-backup. */
final class TarOptions {

    /** At most one of them. */
    static final class Compressing {

        @Option(
                names = {"-z", "--gzip"},
                required = true,
                description = "compress with gzip")
        private boolean gzip;

        @Option(
                names = {"-j", "--bzip2"},
                required = true,
                description = "compress with bzip2")
        private boolean bzip2;

        @Option(names = "--snappy", required = true, description = "compress with snappy")
        private boolean snappy;

        @Option(
                names = "--compression",
                required = true,
                paramLabel = "NAME",
                description =
                        "none, gzip, bzip2, snappy, lz4 or zstd; barman-cloud reads the first four in all its releases")
        private @Nullable String name;
    }

    @ArgGroup(exclusive = true)
    private @Nullable Compressing compressing;

    @Option(
            names = {"-J", "--jobs"},
            paramLabel = "N",
            description = "how many parts are uploaded at once, within the memory there is")
    private @Nullable Integer jobs;

    @Option(
            names = {"-S", "--max-archive-size"},
            paramLabel = "SIZE",
            description = "size at which a tar file is closed and the next one opened, for example 100GB")
    private @Nullable String maxArchive;

    @Option(
            names = "--min-chunk-size",
            paramLabel = "SIZE",
            description = "smallest part of an upload, for example 5MB")
    private @Nullable String minPart;

    @Option(
            names = "--max-bandwidth",
            paramLabel = "SIZE",
            description = "the most to send in a second, for example 50MB")
    private @Nullable String bandwidth;

    /** The algorithm; empty leaves it to the store. */
    Optional<Compression> compression(Problems problems) {
        Compressing chosen = compressing;
        if (chosen == null) {
            return Optional.empty();
        }
        if (chosen.gzip) {
            return Optional.of(Compression.GZIP);
        }
        if (chosen.bzip2) {
            return Optional.of(Compression.BZIP2);
        }
        if (chosen.snappy) {
            return Optional.of(Compression.SNAPPY);
        }
        String word = String.valueOf(chosen.name).toLowerCase(Locale.ROOT);
        Optional<Compression> named = Compression.ofConfigurationName(word.equals("none") ? "" : word)
                .filter(compression -> compression != Compression.XZ);
        if (named.isEmpty()) {
            problems.add("--compression: none, gzip, bzip2, snappy, lz4 or zstd, not \"" + word + "\"");
        }
        return named;
    }

    OptionalInt jobs(Problems problems, int most) {
        Integer number = jobs;
        if (number == null) {
            return OptionalInt.empty();
        }
        if (number < 1 || number > most) {
            problems.add("--jobs: a number from 1 to " + most + ", not " + number);
        }
        return OptionalInt.of(number);
    }

    OptionalLong maxArchive(Problems problems) {
        return size("--max-archive-size", maxArchive, problems);
    }

    OptionalLong minPart(Problems problems) {
        return size("--min-chunk-size", minPart, problems);
    }

    OptionalLong bandwidth(Problems problems) {
        return size("--max-bandwidth", bandwidth, problems);
    }

    private static OptionalLong size(String option, @Nullable String text, Problems problems) {
        if (text == null) {
            return OptionalLong.empty();
        }
        return problems.check(option, () -> ByteSize.parse(text))
                .map(size -> OptionalLong.of(size.bytes()))
                .orElseGet(OptionalLong::empty);
    }
}
