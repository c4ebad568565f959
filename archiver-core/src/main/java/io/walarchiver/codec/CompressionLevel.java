package io.walarchiver.codec;

import java.util.OptionalInt;

/**
 * How hard an algorithm tries. The ranges and names are those of barman 3.14 and later.
 *
 * @param compression an algorithm that has levels: not {@link Compression#NONE}, not {@link Compression#SNAPPY}
 * @param value       the level within the range of the algorithm
 */
public record CompressionLevel(Compression compression, int value) {

    public CompressionLevel {
        Scale scale = Scale.of(compression);
        if (value < scale.lowest || value > scale.highest) {
            throw new IllegalArgumentException("level " + value + " is outside the range of "
                    + compression.configurationName() + ", " + scale.range());
        }
    }

    /**
     * What we use unless told otherwise: zstd 1, gzip 6, bzip2 5, xz 3, lz4 0.
     *
     * @throws IllegalArgumentException when the algorithm has no levels
     */
    public static CompressionLevel defaultOf(Compression compression) {
        return new CompressionLevel(compression, Scale.of(compression).ours);
    }

    /**
     * Reads a level as configured: {@code low}, {@code medium}, {@code high} or a number.
     *
     * @throws IllegalArgumentException when the text is none of these, the number is outside the range, or the algorithm
     *                                  has no levels
     */
    public static CompressionLevel parse(Compression compression, String text) {
        Scale scale = Scale.of(compression);
        int value =
                switch (text) {
                    case "low" -> scale.low;
                    case "medium" -> scale.medium;
                    case "high" -> scale.high;
                    default -> number(compression, scale, text);
                };
        return new CompressionLevel(compression, value);
    }

    private static int number(Compression compression, Scale scale, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "not a level of " + compression.configurationName() + ": \"" + text
                            + "\" (expected low, medium, high or a number, " + scale.range() + ")",
                    e);
        }
    }

    static void requireNone(Compression compression, OptionalInt level) {
        if (level.isPresent()) {
            throw withoutLevels(compression);
        }
    }

    private static IllegalArgumentException withoutLevels(Compression compression) {
        return new IllegalArgumentException(
                (compression == Compression.NONE ? "no compression" : compression.configurationName())
                        + " has no levels; leave the level out");
    }

    private enum Scale {
        BZIP2(1, 9, 1, 5, 9, 5),
        GZIP(1, 9, 1, 6, 9, 6),
        // barman's default is 6, which is fifteen times slower; who chooses lz4 chooses speed.
        LZ4(0, 16, 0, 6, 10, 0),
        XZ(1, 9, 1, 3, 5, 3),
        // Level 1 has the size of gzip 6 for a fifteenth of its CPU time; higher levels gain little on WAL.
        ZSTD(-22, 22, 1, 4, 9, 1);

        private final int lowest;
        private final int highest;
        private final int low;
        private final int medium;
        private final int high;
        private final int ours;

        Scale(int lowest, int highest, int low, int medium, int high, int ours) {
            this.lowest = lowest;
            this.highest = highest;
            this.low = low;
            this.medium = medium;
            this.high = high;
            this.ours = ours;
        }

        static Scale of(Compression compression) {
            return switch (compression) {
                case BZIP2 -> BZIP2;
                case GZIP -> GZIP;
                case LZ4 -> LZ4;
                case XZ -> XZ;
                case ZSTD -> ZSTD;
                case NONE, SNAPPY -> throw withoutLevels(compression);
            };
        }

        String range() {
            return lowest + " to " + highest;
        }
    }
}
