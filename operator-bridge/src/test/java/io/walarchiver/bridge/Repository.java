package io.walarchiver.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the repository that are no class path resources: charts and documentation. */
public final class Repository {

    private static final boolean UPDATE = Boolean.getBoolean("wal-archiver.update");

    private Repository() {}

    /** A file or directory by its path from the root. */
    public static Path path(String path) {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("charts")) || !Files.isDirectory(at.resolve("operator-bridge"))) {
            at = at.getParent();
            if (at == null) {
                throw new IllegalStateException("not within the repository");
            }
        }
        return at.resolve(path);
    }

    /** The text of a file; empty when there is none. */
    public static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Proves that a derived file is up to date; with {@code -Dwal-archiver.update=true} makes it so. */
    public static void assertDerived(Path file, String expected) {
        if (UPDATE) {
            try {
                Files.writeString(file, expected, StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        assertThat(text(file))
                .as("%s is derived from other files; make it anew with charts/derive", file)
                .isEqualTo(expected);
    }
}
