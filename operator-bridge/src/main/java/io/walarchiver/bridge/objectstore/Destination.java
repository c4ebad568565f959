package io.walarchiver.bridge.objectstore;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code destinationPath}, taken apart the way barman does it, except that slashes at the end of the path go: they would
 * lead to keys with two slashes in a row.
 */
sealed interface Destination {

    /** A bucket; the prefix has no slash at either end. */
    record Bucket(String bucket, String prefix) implements Destination {}

    /** An absolute, normalised directory. */
    record Directory(Path directory) implements Destination {}

    /** Azure or Google, or nothing anybody knows. */
    record Unsupported(String scheme) implements Destination {}

    /** Empty when something is wrong, which is then among the problems. */
    static Optional<Destination> parse(String text, String path, Problems problems) {
        int colon = text.indexOf(':');
        if (colon <= 0) {
            problems.add(path, "has no scheme: expected s3://bucket/prefix or file:///directory");
            return Optional.empty();
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            problems.add(path, "holds a control character, for example a line break");
            return Optional.empty();
        }
        String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
        return switch (scheme) {
            case "s3" -> bucket(text, text.substring(colon + 1), path, problems);
            case "file" -> directory(text, path, problems);
            default -> Optional.of(new Unsupported(scheme));
        };
    }

    private static Optional<Destination> bucket(String text, String rest, String path, Problems problems) {
        int end = indexOfAny(rest, "?#");
        if (end < rest.length()) {
            problems.warn(path, "everything from \"" + rest.charAt(end) + "\" on is left out, as barman-cloud does");
        }
        String hierarchy = rest.substring(0, end);
        int bucketEnd = hierarchy.indexOf('/', 2);
        String bucket = !hierarchy.startsWith("//")
                ? ""
                : hierarchy.substring(2, bucketEnd < 0 ? hierarchy.length() : bucketEnd);
        if (bucket.isBlank()) {
            problems.add(path, "\"" + text + "\" names no bucket: expected s3://bucket/prefix");
            return Optional.empty();
        }
        return Optional.of(
                new Bucket(bucket, bucketEnd < 0 ? "" : withoutOuterSlashes(hierarchy.substring(bucketEnd))));
    }

    private static Optional<Destination> directory(String text, String path, Problems problems) {
        try {
            Path directory = Path.of(new URI("file" + text.substring(4)));
            return Optional.of(new Directory(directory.normalize()));
        } catch (URISyntaxException | IllegalArgumentException e) {
            problems.add(
                    path,
                    "\"" + text
                            + "\" is not the address of a directory: expected file:///directory, with %20 for a space");
            return Optional.empty();
        }
    }

    private static int indexOfAny(String text, String characters) {
        for (int i = 0; i < text.length(); i++) {
            if (characters.indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return text.length();
    }

    private static String withoutOuterSlashes(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && text.charAt(start) == '/') {
            start++;
        }
        while (end > start && text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(start, end);
    }
}
