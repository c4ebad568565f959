package io.walarchiver.backup.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** What barman wrote, from {@code src/test/resources/barman}. */
public final class Samples {

    /** The records there. */
    static final List<String> RECORDS = List.of(
            "3.4-plain", "3.4-gzip-timeline2", "3.17-volumes", "3.17-failed-during-upload", "3.17-failed-at-start");

    private Samples() {}

    public static byte[] bytes(String file) {
        try (InputStream in = Objects.requireNonNull(Samples.class.getResourceAsStream("/barman/" + file), file)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] record(String name) {
        return bytes("info/backup.info-" + name);
    }

    public static BackupInfo info(String name) {
        return BackupInfoFormat.parse(record(name));
    }

    /** The given lines as a file. */
    public static byte[] text(String... lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
