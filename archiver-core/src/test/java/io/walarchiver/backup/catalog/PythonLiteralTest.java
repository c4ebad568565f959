package io.walarchiver.backup.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.walarchiver.testing.Property;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PythonLiteralTest {

    @Test
    void readsEveryKindOfLiteralBarmanWrites() {
        assertThat(PythonLiteral.parse("{'total_time': 7.388763, 'n': 2, 'per_item': {'16384': 0, 'data': -6e-05}}"))
                .isEqualTo(Map.of("total_time", 7.388763, "n", 2L, "per_item", Map.of("16384", 0L, "data", -6e-05)));
        assertThat(PythonLiteral.parse("[('hot', 16384, '/tbs/hot'), ['cold', 16385, \"/tbs/it's\"]]"))
                .isEqualTo(List.of(List.of("hot", 16384L, "/tbs/hot"), List.of("cold", 16385L, "/tbs/it's")));
        assertThat(PythonLiteral.parse("(True, False, None,)")).isEqualTo(Arrays.asList(true, false, null));
        assertThat(PythonLiteral.parse("None")).isNull();
    }

    @Test
    void theCommaMakesTheTuple() {
        assertThat(PythonLiteral.parse("(1)")).isEqualTo(1L);
        assertThat(PythonLiteral.parse("(1,)")).isEqualTo(List.of(1L));
        assertThat(PythonLiteral.parse("( 1 , )")).isEqualTo(List.of(1L));
        assertThat(PythonLiteral.parse("()")).isEqualTo(List.of());
        assertThat(PythonLiteral.parse("[1]")).isEqualTo(List.of(1L));
    }

    @Test
    void readsEveryEscape() {
        assertThat(PythonLiteral.parse("'\\n\\t\\r\\\\\\'\\\"\\a\\b\\f\\v\\0\\101\\x41\\u00e4\\U0001F418\\q'"))
                .isEqualTo("\n\t\r\\'\"\u0007\b\f\u000B\0AA\u00e4\uD83D\uDC18\\q");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "none", "null", "true", "x", "'", "'a", "\"a'", "'\\", "'\\x4'", "'\\xg0'", "'\\U00110000'",
                        "[",
                "[1", "[1 2]", "[,]", "[1,,2]", "(", "(1", "{", "{'a'}", "{'a':}", "{'a':1", "{1}", "1 2", "1-2", "--1",
                "1e", "1e999", ".", "-", "99999999999999999999", "'a' 'b'", "'a'b", "None1", "1 # comment", "0x10",
                        "\u0661"
            })
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> PythonLiteral.parse(text));
    }

    @Test
    void hostileNestingIsRefusedBeforeTheStackOverflows() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PythonLiteral.parse("[".repeat(100_000)))
                .withMessageContaining("nested too deeply");
    }

    @Test
    void quotesAsPythonDoes() {
        assertThat(PythonLiteral.quote("plain")).isEqualTo("'plain'");
        assertThat(PythonLiteral.quote("it's")).isEqualTo("\"it's\"");
        assertThat(PythonLiteral.quote("it's \"both\"")).isEqualTo("'it\\'s \"both\"'");
        assertThat(PythonLiteral.quote("a\nb\t\\\0\u00e4\u2028\u00a0\uD83D\uDC18"))
                .isEqualTo("'a\\nb\\t\\\\\\x00\u00e4\\u2028\\xa0\uD83D\uDC18'");
    }

    @Test
    void aQuotedTextIsReadBackAsItWas() {
        Property.forAll(
                List.of("", "'", "\"", "\\", "'\"\\", "\n", "\uD800", "\uDC00\uD800", "None"),
                PythonLiteralTest::text,
                text -> {
                    String quoted = PythonLiteral.quote(text);
                    assertThat(PythonLiteral.parse(quoted)).isEqualTo(text);
                    assertThat(quoted.lines().count()).isEqualTo(1);
                });
    }

    @Test
    void aPrintedValueIsReadBackAsItWas() {
        Property.forAll(
                List.of(List.<@Nullable Object>of()),
                random -> list(random, 3),
                value -> assertThat(PythonLiteral.parse(print(value, new SplittableRandom(7))))
                        .isEqualTo(value));
    }

    @Test
    void damagedTextIsReadOrRefusedButNothingElseHappens() {
        Property.forAll(
                List.of("'"),
                random -> {
                    StringBuilder text = new StringBuilder(print(list(random, 3), random));
                    for (int i = 0; i < 3; i++) {
                        int at = random.nextInt(text.length());
                        switch (random.nextInt(3)) {
                            case 0 -> text.deleteCharAt(at).append(' ');
                            case 1 -> text.insert(at, "[](){},:'\"\\xuU0e-+.N".charAt(random.nextInt(20)));
                            default -> text.setLength(Math.max(1, at));
                        }
                    }
                    return text.toString();
                },
                text -> {
                    try {
                        Object unused = PythonLiteral.parse(text);
                    } catch (IllegalArgumentException expected) {
                        assertThat(expected.getMessage()).contains("at character");
                    }
                });
    }

    private static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(12);
        for (int i = 0; i < length; i++) {
            switch (random.nextInt(5)) {
                case 0 -> text.append("'\"\\\n\r\t\0xu".charAt(random.nextInt(9)));
                case 1 -> text.append((char) random.nextInt(0x300));
                case 2 -> text.append((char) random.nextInt(0x10000));
                case 3 -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
                default -> text.append((char) ('a' + random.nextInt(26)));
            }
        }
        return text.toString();
    }

    private static @Nullable Object value(SplittableRandom random, int depth) {
        return switch (random.nextInt(depth == 0 ? 5 : 7)) {
            case 0 -> text(random);
            case 1 -> random.nextLong();
            case 2 -> random.nextDouble() * Math.pow(10, random.nextInt(40) - 20);
            case 3 -> random.nextBoolean();
            case 4 -> null;
            case 5 -> list(random, depth - 1);
            default -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    map.put(text(random), value(random, depth - 1));
                }
                yield map;
            }
        };
    }

    private static List<@Nullable Object> list(SplittableRandom random, int depth) {
        List<@Nullable Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(value(random, depth));
        }
        return list;
    }

    /** As some Python might print it: lists or tuples, blanks or none. */
    private static String print(@Nullable Object value, SplittableRandom random) {
        String comma = random.nextBoolean() ? ", " : ",";
        if (value == null) {
            return "None";
        } else if (value instanceof String text) {
            return PythonLiteral.quote(text);
        } else if (value instanceof Boolean truth) {
            return truth ? "True" : "False";
        } else if (value instanceof List<?> list) {
            List<String> items = list.stream().map(item -> print(item, random)).toList();
            return random.nextBoolean()
                    ? "[" + String.join(comma, items) + "]"
                    : "(" + String.join(comma, items) + (items.size() == 1 ? ",)" : ")");
        } else if (value instanceof Map<?, ?> map) {
            return "{"
                    + String.join(
                            comma,
                            map.entrySet().stream()
                                    .map(e -> print(e.getKey(), random) + ":" + print(e.getValue(), random))
                                    .toList())
                    + "}";
        }
        return value.toString();
    }
}
