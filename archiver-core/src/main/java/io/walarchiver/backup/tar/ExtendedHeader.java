package io.walarchiver.backup.tar;

import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The records of a pax extended header, each {@code "<length> <keyword>=<value>\n"} where the length counts the whole
 * record (POSIX.1-2017, "pax Extended Header").
 */
final class ExtendedHeader {

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
    private static final Pattern SECONDS = Pattern.compile("(-?[0-9]{1,15})(?:\\.([0-9]{1,9})[0-9]*)?");

    private final Map<String, String> records;

    private ExtendedHeader(Map<String, String> records) {
        this.records = records;
    }

    static ExtendedHeader empty() {
        return new ExtendedHeader(Map.of());
    }

    /** Reads the content of a header that began at {@code offset}. */
    static ExtendedHeader parse(byte[] content, long offset) throws TarFormatException {
        Map<String, String> records = new HashMap<>();
        int position = 0;
        while (position < content.length && content[position] != 0) {
            int blank = indexOf(content, ' ', position, content.length);
            int length = blank < 0 ? -1 : length(content, position, blank);
            int end = position + length;
            if (length < 0 || end > content.length || end <= blank + 1 || content[end - 1] != '\n') {
                throw new TarFormatException("a record of an extended header has no sound length", offset);
            }
            int equals = indexOf(content, '=', blank + 1, end - 1);
            if (equals < 0) {
                throw new TarFormatException("a record of an extended header has no value", offset);
            }
            records.put(text(content, blank + 1, equals), text(content, equals + 1, end - 1));
            position = end;
        }
        return new ExtendedHeader(records);
    }

    private static int indexOf(byte[] bytes, char wanted, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static int length(byte[] bytes, int from, int to) {
        int length = 0;
        if (to == from || to - from > 9) {
            return -1;
        }
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            length = length * 10 + digit;
        }
        return length;
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /** These records, and where they say nothing, those of {@code global}. An empty value takes a global one back. */
    ExtendedHeader over(ExtendedHeader global) {
        if (global.records.isEmpty()) {
            return this;
        }
        Map<String, String> merged = new HashMap<>(global.records);
        merged.putAll(records);
        merged.values().removeIf(String::isEmpty);
        return new ExtendedHeader(merged);
    }

    Optional<String> value(String keyword) {
        return Optional.ofNullable(records.get(keyword));
    }

    /** A value that is a number of at most 18 digits. */
    OptionalLong number(String keyword, long offset) throws TarFormatException {
        String text = records.get(keyword);
        if (text == null) {
            return OptionalLong.empty();
        }
        if (!NUMBER.matcher(text).matches()) {
            throw new TarFormatException("the " + keyword + " in an extended header is no number", offset);
        }
        return OptionalLong.of(Long.parseLong(text));
    }

    /** A value that is a number of seconds since 1970 with an optional fraction. */
    Optional<FileTime> time(String keyword, long offset) throws TarFormatException {
        String text = records.get(keyword);
        if (text == null) {
            return Optional.empty();
        }
        Matcher seconds = SECONDS.matcher(text);
        if (!seconds.matches()) {
            throw new TarFormatException("the " + keyword + " in an extended header is no time", offset);
        }
        long whole = Long.parseLong(seconds.group(1));
        String digits = seconds.group(2);
        long nanos = digits == null ? 0 : Long.parseLong((digits + "000000000").substring(0, 9));
        return Optional.of(FileTime.from(Instant.ofEpochSecond(whole, text.startsWith("-") ? -nanos : nanos)));
    }

    /** True when it describes a sparse file, whose content is stored in a way of its own. */
    boolean isSparse() {
        return records.keySet().stream()
                .anyMatch(key -> key.startsWith("GNU.sparse.") || key.equals("SCHILY.realsize"));
    }
}
