package io.walarchiver.backup.recovery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What PostgreSQL must be told to recover (PostgreSQL manual, "Archive Recovery" and "Recovery Target"), as text for
 * {@code postgresql.conf}.
 *
 * @param restoreCommand how it gets a WAL file, with {@code %f} and {@code %p}
 * @param action         what it does when the target is reached
 * @param target         where to stop; empty when somebody else adds that
 */
public record RecoveryConfiguration(String restoreCommand, Action action, Optional<RecoveryTarget> target) {

    /** {@code recovery_target_action}. */
    public enum Action {
        /** Accept connections for writing, on a new timeline. */
        PROMOTE,
        /** Accept connections for reading and wait. */
        PAUSE,
        /** Stop the server. */
        SHUTDOWN
    }

    public RecoveryConfiguration {
        if (restoreCommand.isBlank()) {
            throw new IllegalArgumentException("recovery needs a restore command");
        }
    }

    /** Recovery with a target added by somebody else, ending in promotion: what CloudNativePG wants of a plugin. */
    public static RecoveryConfiguration promoting(String restoreCommand) {
        return new RecoveryConfiguration(restoreCommand, Action.PROMOTE, Optional.empty());
    }

    /**
     * The settings, one a line, each line with its end. With a target, settings of other targets are emptied: the
     * configuration a backup brings along may have some, and PostgreSQL refuses to start with two.
     */
    public String text() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("restore_command", restoreCommand);
        settings.put("recovery_target_action", action.name().toLowerCase(Locale.ROOT));
        target.ifPresent(wanted -> add(wanted, settings));
        StringBuilder text = new StringBuilder();
        settings.forEach((name, value) ->
                text.append(name).append(" = ").append(quoted(value)).append('\n'));
        return text.toString();
    }

    private static void add(RecoveryTarget target, Map<String, String> settings) {
        Map<String, String> points = new LinkedHashMap<>();
        points.put("recovery_target", target instanceof RecoveryTarget.Immediate ? "immediate" : "");
        points.put("recovery_target_name", target instanceof RecoveryTarget.Name n ? n.name() : "");
        points.put("recovery_target_time", target instanceof RecoveryTarget.Time t ? TargetTime.print(t.time()) : "");
        points.put("recovery_target_xid", target instanceof RecoveryTarget.Xid x ? Long.toUnsignedString(x.xid()) : "");
        points.put(
                "recovery_target_lsn",
                target instanceof RecoveryTarget.Lsn l ? l.lsn().toString() : "");
        settings.put("recovery_target_timeline", target.timeline().setting());
        settings.put("recovery_target_inclusive", isInclusive(target) ? "on" : "off");
        // The one that is wanted comes last: once there is a target, PostgreSQL takes an empty one for a second.
        points.forEach((name, value) -> {
            if (value.isEmpty()) {
                settings.put(name, value);
            }
        });
        points.values().removeIf(String::isEmpty);
        settings.putAll(points);
    }

    private static boolean isInclusive(RecoveryTarget target) {
        if (target instanceof RecoveryTarget.Time t) {
            return t.inclusive();
        }
        if (target instanceof RecoveryTarget.Lsn l) {
            return l.inclusive();
        }
        return !(target instanceof RecoveryTarget.Xid x) || x.inclusive();
    }

    /**
     * A value in quotes. In a configuration file, unlike in SQL, a backslash escapes what follows it, and a value cannot
     * go on in the next line (PostgreSQL's {@code guc-file.l}).
     */
    static String quoted(String value) {
        StringBuilder text = new StringBuilder("'");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\'' -> text.append("''");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\0' -> throw new IllegalArgumentException("a setting cannot hold a zero byte");
                default -> text.append(c);
            }
        }
        return text.append('\'').toString();
    }

    /**
     * Makes a restored data directory recover when it is started, without anybody else's help: appends the settings to
     * {@code postgresql.auto.conf}, which is read last, as {@code pg_basebackup --write-recovery-conf} does, and creates
     * {@code recovery.signal}. Blocks.
     *
     * @param dataDirectory a restored data directory that no server has been started on yet
     */
    public void installIn(Path dataDirectory) throws IOException {
        Path file = dataDirectory.resolve("postgresql.auto.conf");
        try (SeekableByteChannel settings = create(file, StandardOpenOption.APPEND)) {
            write(settings, "\n# Recovery, added by wal-archiver\n" + text());
        }
        create(dataDirectory.resolve("recovery.signal"), StandardOpenOption.WRITE)
                .close();
    }

    private static SeekableByteChannel create(Path file, StandardOpenOption way) throws IOException {
        return Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE, way),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private static void write(SeekableByteChannel file, String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
            int unused = file.write(bytes);
        }
    }
}
