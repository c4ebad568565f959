package io.walarchiver.backup.catalog;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a backup's directory below {@code base/}. barman makes it of the wall clock at the start,
 * {@code 20310405T060708}; we use UTC. The order of the text is the order of time used everywhere.
 *
 * @param value one part of a key: not empty, no slash
 */
public record BackupId(String value) implements Comparable<BackupId> {

    private static final Pattern REGULAR = Pattern.compile("[0-9]{8}T[0-9]{6}");
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    public BackupId {
        if (value.isEmpty() || value.contains("/")) {
            throw new IllegalArgumentException("not a backup id: \"" + value + "\"");
        }
    }

    /** The id of a backup that starts now. */
    public static BackupId at(Instant start) {
        return new BackupId(FORMAT.format(start));
    }

    /** True for {@code YYYYMMDDTHHMMSS}. Directories of other names are listed, but no tool can address them by id. */
    public static boolean isRegular(String text) {
        return REGULAR.matcher(text).matches();
    }

    /**
     * The time it was made of, to the second; empty for an irregular one. Of barman's ids this is the wall clock of its
     * host, so it may be some hours off.
     */
    public Optional<Instant> time() {
        try {
            return Optional.of(LocalDateTime.parse(value, FORMAT).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException irregular) {
            return Optional.empty();
        }
    }

    @Override
    public int compareTo(BackupId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
