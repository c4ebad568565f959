package io.walarchiver.backup.catalog;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The literals of Python that barman writes into records (Python Language Reference, "Literals"): texts, whole and decimal
 * numbers, {@code True}, {@code False}, {@code None}, lists, tuples and dicts. Not JSON: no {@code null}, single quotes.
 *
 * <p>As Java values: {@link String}, {@link Long}, {@link Double}, {@link Boolean}, {@code null}, {@link List} for lists and
 * tuples alike, {@link Map} with the text of each key for dicts.
 */
final class PythonLiteral {

    /** Deeper than anything barman writes, and not so deep that hostile input overflows the stack. */
    private static final int MAX_DEPTH = 50;

    private final String text;
    private int at;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /**
     * Reads one literal.
     *
     * @throws IllegalArgumentException saying what is wrong and where
     */
    static @Nullable Object parse(String text) {
        PythonLiteral reader = new PythonLiteral(text);
        Object value = reader.value(0);
        reader.skipBlanks();
        if (reader.at < text.length()) {
            throw reader.malformed("nothing may follow the value");
        }
        return value;
    }

    /** A text as {@code repr} of Python shows it: in single quotes unless only those would need escaping. */
    static String quote(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(c <= 0xFF ? hex("\\x", 2, c) : c <= 0xFFFF ? hex("\\u", 4, c) : hex("\\U", 8, c));
                    }
                }
            }
        });
        return out.append(quote).toString();
    }

    /** What may stand as it is. Line separators may not: a literal must be on one line, for every reader's idea of one. */
    private static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> codePoint == ' ';
            default -> true;
        };
    }

    private static String hex(String prefix, int digits, int value) {
        String number = Integer.toHexString(value);
        return prefix + "0".repeat(digits - number.length()) + number;
    }

    private @Nullable Object value(int depth) {
        if (depth > MAX_DEPTH) {
            throw malformed("nested too deeply");
        }
        skipBlanks();
        char c = peek();
        switch (c) {
            case '\'', '"':
                return string();
            case '[':
                return sequence(']', depth);
            case '(':
                return parenthesised(depth);
            case '{':
                return dict(depth);
            default:
                return c == '-' || c == '+' || c == '.' || isDigit(c) ? number() : word();
        }
    }

    private @Nullable Object word() {
        int start = at;
        while (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
            at++;
        }
        switch (text.substring(start, at)) {
            case "None":
                return null;
            case "True":
                return true;
            case "False":
                return false;
            default:
                at = start;
                throw malformed("expected a value");
        }
    }

    private Object number() {
        int start = at;
        if (peek() == '-' || peek() == '+') {
            at++;
        }
        boolean whole = true;
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean exponentSign =
                    (c == '-' || c == '+') && (text.charAt(at - 1) == 'e' || text.charAt(at - 1) == 'E') && !whole;
            if (c == '.' || c == 'e' || c == 'E') {
                whole = false;
            } else if (!isDigit(c) && !exponentSign) {
                break;
            }
            at++;
        }
        String digits = text.substring(start, at);
        try {
            if (whole) {
                return Long.valueOf(digits);
            }
            double value = Double.parseDouble(digits);
            if (Double.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // Reported below, as is a number beyond all bounds.
        }
        at = start;
        throw malformed("not a number, or too large");
    }

    private List<@Nullable Object> sequence(char end, int depth) {
        at++;
        List<@Nullable Object> items = new ArrayList<>();
        skipBlanks();
        while (peek() != end) {
            items.add(value(depth + 1));
            skipBlanks();
            if (peek() == ',') {
                at++;
                skipBlanks();
            } else if (peek() != end) {
                throw malformed("expected ',' or '" + end + "'");
            }
        }
        at++;
        return Collections.unmodifiableList(items);
    }

    /** In Python the comma makes the tuple, not the parenthesis. */
    private @Nullable Object parenthesised(int depth) {
        int start = at;
        List<@Nullable Object> items = sequence(')', depth);
        int last = at - 2;
        while (last > start && isBlank(text.charAt(last))) {
            last--;
        }
        return items.size() == 1 && text.charAt(last) != ',' ? items.get(0) : items;
    }

    private Map<String, @Nullable Object> dict(int depth) {
        at++;
        Map<String, @Nullable Object> items = new LinkedHashMap<>();
        skipBlanks();
        while (peek() != '}') {
            Object key = value(depth + 1);
            skipBlanks();
            if (peek() != ':') {
                throw malformed("expected ':'");
            }
            at++;
            items.put(key == null ? "None" : key.toString(), value(depth + 1));
            skipBlanks();
            if (peek() == ',') {
                at++;
                skipBlanks();
            } else if (peek() != '}') {
                throw malformed("expected ',' or '}'");
            }
        }
        at++;
        return Collections.unmodifiableMap(items);
    }

    private String string() {
        char quote = text.charAt(at++);
        StringBuilder out = new StringBuilder();
        while (true) {
            char c = peek();
            at++;
            if (c == quote) {
                return out.toString();
            }
            if (c == '\\') {
                escape(out);
            } else {
                out.append(c);
            }
        }
    }

    private void escape(StringBuilder out) {
        char c = peek();
        at++;
        switch (c) {
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'a' -> out.append('\u0007');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'v' -> out.append('\u000B');
            case '\\', '\'', '"' -> out.append(c);
            case 'x' -> out.appendCodePoint(digits(2, 16));
            case 'u' -> out.append((char) digits(4, 16));
            case 'U' -> out.appendCodePoint(digits(8, 16));
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                int end = at;
                while (end < text.length() && end < at + 2 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                    end++;
                }
                out.append((char) Integer.parseInt(text, at - 1, end, 8));
                at = end;
            }
            // An unknown escape stands for itself, backslash included.
            default -> out.append('\\').append(c);
        }
    }

    private int digits(int count, int radix) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            int digit = peek() > 'f' ? -1 : Character.digit(peek(), radix);
            value = value * radix + digit;
            if (digit < 0 || value > Character.MAX_CODE_POINT) {
                throw malformed("not a character code");
            }
            at++;
        }
        return value;
    }

    private void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private char peek() {
        if (at >= text.length()) {
            throw malformed("it ends too early");
        }
        return text.charAt(at);
    }

    private IllegalArgumentException malformed(String problem) {
        return new IllegalArgumentException(problem + " (at character " + (at + 1) + ")");
    }
}
