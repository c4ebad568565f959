package io.walarchiver.bridge.objectstore;

import io.walarchiver.bridge.objectstore.AdditionalArguments.Argument;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The values of options, in barman's notation. A value that cannot be read is a problem. */
final class ArgumentValues {

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,12}) ?([kMGT]?)i?B?", Pattern.CASE_INSENSITIVE);

    private final Problems problems;

    ArgumentValues(Problems problems) {
        this.problems = problems;
    }

    Optional<AddressingStyle> addressingStyle(Argument argument) {
        return switch (argument.value()) {
            case "auto" -> Optional.of(AddressingStyle.AUTO);
            case "path" -> Optional.of(AddressingStyle.PATH);
            case "virtual" -> Optional.of(AddressingStyle.VIRTUAL);
            default -> {
                problems.add(argument.path(), "\"" + argument.value() + "\" is not one of auto, path, virtual");
                yield Optional.empty();
            }
        };
    }

    Optional<Duration> seconds(Argument argument) {
        OptionalInt number = number(argument.value());
        if (number.isEmpty() || number.getAsInt() < 1) {
            problems.add(argument.path(), "\"" + argument.value() + "\" is not a number of seconds above 0");
            return Optional.empty();
        }
        return Optional.of(Duration.ofSeconds(number.getAsInt()));
    }

    /** A word or a number; a number out of range is taken to the nearest level, as barman does. */
    OptionalInt level(Argument argument, CompressionAlgorithm algorithm) {
        if (!algorithm.hasLevels()) {
            problems.warn(argument.path(), "has no effect: the compression has no levels, or there is none");
            return OptionalInt.empty();
        }
        OptionalInt word = algorithm.levelOf(argument.value());
        if (word.isPresent()) {
            return word;
        }
        OptionalInt number = number(argument.value());
        if (number.isEmpty()) {
            problems.add(argument.path(), "\"" + argument.value() + "\" is not low, medium, high or a number");
            return OptionalInt.empty();
        }
        int level = Math.min(Math.max(number.getAsInt(), algorithm.lowestLevel()), algorithm.highestLevel());
        if (level != number.getAsInt()) {
            problems.warn(
                    argument.path(),
                    "level " + number.getAsInt() + " is out of range for " + algorithm.configurationName() + ": "
                            + level + " is used");
        }
        return OptionalInt.of(level);
    }

    /** A size such as {@code 500MB}; units are powers of 1024. */
    OptionalLong sizeBytes(Argument argument) {
        Matcher matcher = SIZE.matcher(argument.value());
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            problems.add(argument.path(), "\"" + argument.value() + "\" is not a size above 0, as in 500MB");
            return OptionalLong.empty();
        }
        int power = "kmgt".indexOf(matcher.group(2).toLowerCase(Locale.ROOT)) + 1;
        long unit = 1L << (10 * (matcher.group(2).isEmpty() ? 0 : power));
        try {
            return OptionalLong.of(Math.multiplyExact(Long.parseLong(matcher.group(1)), unit));
        } catch (ArithmeticException e) {
            problems.add(argument.path(), "\"" + argument.value() + "\" is larger than anything that can be stored");
            return OptionalLong.empty();
        }
    }

    private static OptionalInt number(String text) {
        try {
            return OptionalInt.of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
