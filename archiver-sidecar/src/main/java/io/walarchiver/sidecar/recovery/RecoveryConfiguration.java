package io.walarchiver.sidecar.recovery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Makes a restored data directory recover when PostgreSQL is started on it (PostgreSQL manual, "Recovering Using a
 * Continuous Archive Backup"): settings at the end of {@code postgresql.auto.conf}, which wins over every other file, and
 * {@code recovery.signal}.
 *
 * <p>Settings of an earlier recovery in that file are commented out, because two targets keep the server from starting.
 * The signal file comes last: without it nothing recovers with half the settings.
 */
public final class RecoveryConfiguration {

    private static final String FILE = "postgresql.auto.conf";
    private static final String SIGNAL = "recovery.signal";
    private static final String STANDBY = "standby.signal";

    /** Everything a recovery is steered by; what is not set anew must not be left over from an older one. */
    private static final Set<String> STEERING = Set.of(
            "restore_command",
            "recovery_target",
            "recovery_target_action",
            "recovery_target_inclusive",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_timeline",
            "recovery_target_xid");

    private final Map<String, String> settings = new LinkedHashMap<>();

    /** With the command that brings WAL back, in PostgreSQL's form with {@code %f} and {@code %p}. */
    public RecoveryConfiguration(String restoreCommand) {
        settings.put("restore_command", restoreCommand);
    }

    /**
     * One more setting.
     *
     * @param name  one of PostgreSQL's recovery settings
     * @param value without quotes; one line
     */
    public RecoveryConfiguration with(String name, String value) {
        if (!STEERING.contains(name)) {
            throw new IllegalArgumentException(name + " does not steer a recovery");
        }
        RecoveryConfiguration more = new RecoveryConfiguration(settings.get("restore_command"));
        more.settings.putAll(settings);
        more.settings.put(name, value);
        return more;
    }

    /** The lines, as they are written. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        settings.forEach((name, value) -> lines.add(name + " = " + quoted(value)));
        return lines;
    }

    /**
     * Writes both files; blocks. What was there before is complete until everything new is durable.
     *
     * @param pgdata the restored data directory
     */
    public void write(Path pgdata) throws IOException {
        Path file = pgdata.resolve(FILE);
        List<String> all = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                all.add(steers(line) ? "# replaced by wal-archiver recover: " + line : line);
            }
        }
        all.add("# Written by wal-archiver recover.");
        all.addAll(lines());
        replace(file, String.join("\n", all) + "\n");
        Files.deleteIfExists(pgdata.resolve(STANDBY));
        replace(pgdata.resolve(SIGNAL), "");
    }

    private static boolean steers(String line) {
        String name = line.strip().split("[\\s=]", 2)[0];
        return STEERING.contains(name.toLowerCase(Locale.ROOT));
    }

    /** As a quoted value of a configuration file: quotes are doubled, and backslashes are escapes. */
    private static String quoted(String value) {
        if (value.chars().anyMatch(c -> c < 0x20 || c == 0x7F)) {
            throw new IllegalArgumentException("a setting is one line of text");
        }
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    private static void replace(Path file, String content) throws IOException {
        Path temporary = Files.createTempFile(
                file.toAbsolutePath().getParent(),
                file.getFileName() + ".",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
