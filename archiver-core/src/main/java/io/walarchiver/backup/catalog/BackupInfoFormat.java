package io.walarchiver.backup.catalog;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The text form of a record, {@code backup.info}: one {@code key=value} a line, as barman writes it.
 *
 * <p>What is read: everything barman has written since 3.0, and what it would read itself, in any order of lines. What is
 * written: the 27 keys every release since then knows, and {@code backup_name}. One more key, and older releases can use
 * nothing of the server's catalog any more.
 */
public final class BackupInfoFormat {

    private static final String NONE = "None";
    private static final List<String> CONFIGURATION_FILES = List.of("config_file", "hba_file", "ident_file");

    /** Keys of every release that say nothing to this program: kept when a record is written again. */
    private static final List<String> CARRIED =
            List.of("compression", "copy_stats", "deduplicated_size", "mode", "size");

    private BackupInfoFormat() {}

    /**
     * Reads a record.
     *
     * @throws BackupInfoException when it is damaged; no other exception leaves this method
     */
    public static BackupInfo parse(byte[] content) {
        Record record = new Record(lines(text(content)));
        return new BackupInfo(
                record.text("status").map(BackupStatus::of).orElse(BackupStatus.EMPTY),
                record.text("backup_name"),
                record.text("error"),
                record.position("begin"),
                record.position("end"),
                record.value("timeline", text -> new Timeline(Integer.parseUnsignedInt(text)), "a timeline number"),
                toInt(record.value("version", Integer::valueOf, "a whole number")),
                record.text("systemid"),
                record.value("xlog_segment_size", BackupInfoFormat::segmentSize, "the size of a WAL segment")
                        .orElse(SegmentSize.DEFAULT.bytes()),
                record.text("pgdata"),
                record.list("tablespaces", BackupInfoFormat::tablespace),
                record.configurationFiles(),
                record.list("included_files", BackupInfoFormat::requireText),
                record.quoted("backup_label"),
                record.value("cluster_size", Long::valueOf, "a number of bytes"),
                record.lines());
    }

    /**
     * Writes a record, in UTC. Everything of the end is null unless the backup is {@link BackupStatus#DONE}: some readers
     * take a record with both times for a usable backup, whatever its status says. Control characters in plain texts
     * become question marks, as there is no way to write them.
     *
     * @throws IllegalArgumentException for a record this form cannot hold: of a backup that needs another one or volume
     *     snapshots, or with a name that would not be read back
     */
    public static byte[] format(BackupInfo info) {
        if (info.parentBackupId().isPresent() || info.isSnapshot()) {
            throw new IllegalArgumentException(
                    "the record of an incremental or snapshot backup cannot be written without losing what makes it one");
        }
        SortedMap<String, String> lines = new TreeMap<>();
        info.name().ifPresent(name -> lines.put("backup_name", requireName(name)));
        CARRIED.forEach(key -> lines.put(key, info.raw().getOrDefault(key, NONE)));
        CONFIGURATION_FILES.forEach(
                key -> lines.put(key, plain(info.configurationFiles().get(key))));
        position(lines, "begin", info.begin());
        position(lines, "end", info.status() == BackupStatus.DONE ? info.end() : LogPosition.UNKNOWN);
        lines.put("backup_label", info.label().map(PythonLiteral::quote).orElse(NONE));
        lines.put("error", plain(info.error().orElse(null)));
        lines.put("included_files", list(info.includedFiles(), PythonLiteral::quote));
        lines.put("pgdata", plain(info.dataDirectory().orElse(null)));
        // Not the server's name: CloudNativePG looks for this word.
        lines.put("server_name", "cloud");
        lines.put("status", info.status().name());
        lines.put("systemid", plain(info.systemIdentifier().orElse(null)));
        lines.put("tablespaces", list(info.tablespaces(), BackupInfoFormat::literal));
        // Decimal here, unlike in names.
        lines.put(
                "timeline",
                info.timeline().map(t -> Integer.toUnsignedString(t.id())).orElse(NONE));
        lines.put(
                "version",
                info.serverVersion().isPresent() ? "" + info.serverVersion().getAsInt() : NONE);
        lines.put("xlog_segment_size", Integer.toString(info.segmentSizeBytes()));
        StringBuilder text = new StringBuilder();
        lines.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Why a name cannot be given to a backup, for people; empty when it can. barman reserves some words, and a name that
     * looks like an id could not be told from one.
     */
    public static Optional<String> problemWithName(String name) {
        if (BackupShortcut.isReserved(name)) {
            return Optional.of("\"" + name + "\" is a word that commands use for other purposes");
        }
        if (BackupId.isRegular(name)) {
            return Optional.of("\"" + name + "\" has the form of a backup id");
        }
        boolean survives = !name.isEmpty()
                && !name.equals(NONE)
                && name.equals(name.strip())
                && name.equals(plain(name))
                && StandardCharsets.UTF_8.newEncoder().canEncode(name);
        return survives
                ? Optional.empty()
                : Optional.of("a name cannot be empty, \"None\", begin or end with blanks, or hold control characters");
    }

    private static String requireName(String name) {
        problemWithName(name).ifPresent(problem -> {
            throw new IllegalArgumentException("not a name for a backup: " + problem);
        });
        return name;
    }

    private static void position(Map<String, String> lines, String which, LogPosition position) {
        lines.put(which + "_time", position.time().map(RecordTime::format).orElse(NONE));
        lines.put(which + "_xlog", position.lsn().map(Lsn::toString).orElse(NONE));
        lines.put(
                which + "_wal", position.segment().map(WalSegmentName::toString).orElse(NONE));
        lines.put(
                which + "_offset",
                position.offset().isPresent() ? "" + position.offset().getAsLong() : NONE);
    }

    private static <T> String list(List<T> items, Function<T, String> literal) {
        return items.isEmpty()
                ? NONE
                : "[" + String.join(", ", items.stream().map(literal).toList()) + "]";
    }

    private static String literal(TablespaceLocation tablespace) {
        return "(" + PythonLiteral.quote(tablespace.name()) + ", " + tablespace.oid() + ", "
                + PythonLiteral.quote(tablespace.location()) + ")";
    }

    private static String plain(@Nullable String text) {
        return text == null
                ? NONE
                : text.replaceAll("[\\p{Cntrl}\\u0080-\\u009F\\u2028\\u2029]", "?")
                        .strip();
    }

    private static String text(byte[] content) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new BackupInfoException("it is not UTF-8 text");
        }
    }

    private static SortedMap<String, String> lines(String text) {
        SortedMap<String, String> lines = new TreeMap<>();
        int number = 0;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int equals = line.indexOf('=');
            if (equals < 1) {
                throw new BackupInfoException(
                        "line " + number + " (\"" + shown(line) + "\") is not of the form key=value");
            }
            // Of a repeated key the last one counts, as for barman.
            lines.put(
                    line.substring(0, equals).strip(),
                    line.substring(equals + 1).strip());
        }
        return lines;
    }

    private static OptionalInt toInt(Optional<Integer> value) {
        return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
    }

    private static int segmentSize(String text) {
        return new SegmentSize(Integer.parseInt(text)).bytes();
    }

    private static String requireText(Object literal) {
        if (literal instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("expected a text in quotes");
    }

    private static TablespaceLocation tablespace(Object literal) {
        if (literal instanceof List<?> parts
                && parts.size() == 3
                && parts.get(0) instanceof String name
                && parts.get(2) instanceof String location) {
            Object oid = parts.get(1);
            if (oid instanceof Long number) {
                return new TablespaceLocation(name, number, location);
            }
            // barman lists and restores these, though it cannot delete them.
            if (oid instanceof String digits) {
                return new TablespaceLocation(name, Long.parseLong(digits), location);
            }
        }
        throw new IllegalArgumentException("expected tuples of a name, an oid and a location");
    }

    /** Text for a message: not too long, on one line. */
    private static String shown(String text) {
        return (text.length() <= 60 ? text : text.substring(0, 60) + "…").replaceAll("\\p{Cntrl}", "?");
    }

    /** Typed access to the lines; every failure names its key. */
    private record Record(SortedMap<String, String> lines) {

        Optional<String> text(String key) {
            return Optional.ofNullable(lines.get(key)).filter(text -> !text.equals(NONE));
        }

        <T> Optional<T> value(String key, Function<String, T> parser, String expected) {
            return text(key).map(text -> {
                try {
                    return parser.apply(text);
                } catch (IllegalArgumentException e) {
                    throw new BackupInfoException(key + " is \"" + shown(text) + "\", expected " + expected);
                }
            });
        }

        LogPosition position(String which) {
            Optional<Long> offset = value(which + "_offset", Long::valueOf, "a number of bytes");
            return new LogPosition(
                    time(which + "_time"),
                    value(which + "_xlog", Lsn::parse, "a log position such as 16/3002D50"),
                    value(which + "_wal", BackupInfoFormat::segment, "the name of a WAL segment"),
                    offset.isPresent() ? OptionalLong.of(offset.get()) : OptionalLong.empty());
        }

        private Optional<Instant> time(String key) {
            return value(key, RecordTime::parse, "a time such as 2031-04-05 06:07:08.123456+00:00");
        }

        Optional<String> quoted(String key) {
            return literal(key).map(value -> {
                if (value instanceof String text) {
                    return text;
                }
                throw new BackupInfoException(key + " is not a text in quotes");
            });
        }

        private Optional<Object> literal(String key) {
            return text(key).flatMap(text -> {
                try {
                    return Optional.ofNullable(PythonLiteral.parse(text));
                } catch (IllegalArgumentException e) {
                    throw new BackupInfoException(key + " is \"" + shown(text) + "\": " + e.getMessage());
                }
            });
        }

        <T> List<T> list(String key, Function<Object, T> item) {
            Optional<Object> literal = literal(key);
            if (literal.isEmpty()) {
                return List.of();
            }
            if (!(literal.get() instanceof List<?> items)) {
                throw new BackupInfoException(key + " is not a list");
            }
            List<T> values = new ArrayList<>();
            for (@Nullable Object element : items) {
                try {
                    values.add(item.apply(element == null ? List.of() : element));
                } catch (IllegalArgumentException e) {
                    throw new BackupInfoException(key + ", item " + (values.size() + 1) + ": " + e.getMessage());
                }
            }
            return values;
        }

        Map<String, String> configurationFiles() {
            Map<String, String> files = new HashMap<>();
            CONFIGURATION_FILES.forEach(key -> text(key).ifPresent(path -> files.put(key, path)));
            return files;
        }
    }

    private static WalSegmentName segment(String text) {
        // Readers of all releases take digits of either case; names are compared in upper case.
        return WalSegmentName.parse(text.toUpperCase(Locale.ROOT));
    }
}
