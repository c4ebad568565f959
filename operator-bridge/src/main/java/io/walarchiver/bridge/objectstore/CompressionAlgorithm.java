package io.walarchiver.bridge.objectstore;

import com.google.errorprone.annotations.Immutable;
import java.util.Locale;
import java.util.OptionalInt;

/** The compression an ObjectStore can ask for, with the levels barman gives to the words low, medium and high. */
public enum CompressionAlgorithm {
    /** Stored as it is. */
    NONE(Levels.NONE),
    /** bzip2, suffix {@code .bz2}. */
    BZIP2(new Levels(1, 9, 1, 5, 9)),
    /** gzip, suffix {@code .gz}. */
    GZIP(new Levels(1, 9, 1, 6, 9)),
    /** LZ4 frame, suffix {@code .lz4}. */
    LZ4(new Levels(0, 16, 0, 6, 10)),
    /** Snappy framing format, suffix {@code .snappy}; has no levels. */
    SNAPPY(Levels.NONE),
    /** xz, suffix {@code .xz}; not offered for base backups. */
    XZ(new Levels(1, 9, 1, 3, 5)),
    /** Zstandard, suffix {@code .zst}; not offered for base backups. */
    ZSTD(new Levels(-22, 22, 1, 4, 9));

    @Immutable
    private record Levels(int lowest, int highest, int low, int medium, int high) {
        static final Levels NONE = new Levels(0, 0, 0, 0, 0);
    }

    private final Levels levels;

    CompressionAlgorithm(Levels levels) {
        this.levels = levels;
    }

    /** The word in a manifest: {@code zstd}, {@code gzip}, …; empty for {@link #NONE}. */
    public String configurationName() {
        return this == NONE ? "" : name().toLowerCase(Locale.ROOT);
    }

    /** Whether the algorithm knows levels at all. */
    public boolean hasLevels() {
        return levels.lowest < levels.highest;
    }

    /** The lowest level barman accepts; 0 without levels. */
    public int lowestLevel() {
        return levels.lowest;
    }

    /** The highest level barman accepts; 0 without levels. */
    public int highestLevel() {
        return levels.highest;
    }

    /** The level of {@code low}, {@code medium} or {@code high}; empty for any other word and without levels. */
    OptionalInt levelOf(String word) {
        if (!hasLevels()) {
            return OptionalInt.empty();
        }
        return switch (word) {
            case "low" -> OptionalInt.of(levels.low);
            case "medium" -> OptionalInt.of(levels.medium);
            case "high" -> OptionalInt.of(levels.high);
            default -> OptionalInt.empty();
        };
    }
}
