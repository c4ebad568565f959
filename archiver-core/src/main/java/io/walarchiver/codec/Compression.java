package io.walarchiver.codec;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The compression algorithms of a barman-cloud archive. The suffix of the key is the only record of which one was used.
 *
 * <p>The order of the constants is the order in which barman's listing meets the suffixes.
 */
public enum Compression {
    NONE(""),
    BZIP2(".bz2"),
    GZIP(".gz"),
    LZ4(".lz4"),
    SNAPPY(".snappy"),
    XZ(".xz"),
    ZSTD(".zst");

    private static final List<Compression> WITH_SUFFIX =
            Arrays.stream(values()).filter(c -> !c.suffix.isEmpty()).toList();

    private final String suffix;

    Compression(String suffix) {
        this.suffix = suffix;
    }

    /** What is appended to the key, with its dot; empty for {@link #NONE}. */
    public String suffix() {
        return suffix;
    }

    /** The name used in an ObjectStore resource: {@code zstd}, {@code gzip}, …; empty for {@link #NONE}. */
    public String configurationName() {
        return this == NONE ? "" : name().toLowerCase(Locale.ROOT);
    }

    /** The algorithm an ObjectStore resource names; an empty name is {@link #NONE}. */
    public static Optional<Compression> ofConfigurationName(String name) {
        return Arrays.stream(values())
                .filter(c -> c.configurationName().equals(name))
                .findFirst();
    }

    /** The algorithm a key or file name tells by its suffix; {@link #NONE} when it has no known suffix. */
    public static Compression ofKey(String key) {
        return WITH_SUFFIX.stream()
                .filter(c -> key.endsWith(c.suffix))
                .findFirst()
                .orElse(NONE);
    }
}
