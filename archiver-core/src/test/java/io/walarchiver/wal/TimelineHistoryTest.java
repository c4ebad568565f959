package io.walarchiver.wal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import io.walarchiver.wal.TimelineHistory.Switch;
import io.walarchiver.wal.WalFormatException.Malformed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimelineHistoryTest {

    private static final Timeline ONE = new Timeline(1);
    private static final Timeline TWO = new Timeline(2);
    private static final Timeline FOUR = new Timeline(4);

    private static final TimelineHistory HISTORY =
            parse(4, "1\t0/A000198\tbefore 2000-01-01\n\n2\tFFFFFFFF/0\tno target\n");

    @Test
    void readsTheFileBarmanArchived() throws IOException {
        byte[] content;
        try (GZIPInputStream in = new GZIPInputStream(
                requireNonNull(TimelineHistoryTest.class.getResourceAsStream("/barman/wal/00000002.history.gz")))) {
            content = in.readAllBytes();
        }
        assertThat(TimelineHistory.parse(TWO, content))
                .isEqualTo(new TimelineHistory(
                        TWO, List.of(new Switch(ONE, Lsn.parse("0/40000A0"), "no recovery target specified"))));
    }

    @Test
    void everyPositionIsOnOneTimelineAndASwitchPointIsOnTheNewOne() {
        assertThat(HISTORY.timelineContaining(Lsn.INVALID)).isEqualTo(ONE);
        assertThat(HISTORY.timelineContaining(Lsn.parse("0/A000197"))).isEqualTo(ONE);
        assertThat(HISTORY.timelineContaining(Lsn.parse("0/A000198"))).isEqualTo(TWO);
        assertThat(HISTORY.timelineContaining(Lsn.parse("7FFFFFFF/FFFFFFFF"))).isEqualTo(TWO);
        assertThat(HISTORY.timelineContaining(Lsn.parse("80000000/0"))).isEqualTo(TWO);
        assertThat(HISTORY.timelineContaining(Lsn.parse("FFFFFFFE/FFFFFFFF"))).isEqualTo(TWO);
        assertThat(HISTORY.timelineContaining(Lsn.parse("FFFFFFFF/0"))).isEqualTo(FOUR);
        assertThat(HISTORY.timelineContaining(new Lsn(-1))).isEqualTo(FOUR);
    }

    @Test
    void knowsAncestorsAndWhereTheyWereLeft() {
        assertThat(HISTORY.ancestors()).containsExactly(ONE, TWO);
        assertThat(HISTORY.switchPointOf(TWO)).contains(Lsn.parse("FFFFFFFF/0"));
        assertThat(HISTORY.switchPointOf(FOUR)).isEmpty();
        assertThat(HISTORY.contains(ONE)).isTrue();
        assertThat(HISTORY.contains(FOUR)).isTrue();
        assertThat(HISTORY.contains(new Timeline(3))).isFalse();
    }

    @Test
    void theFirstTimelineNeedsNoFile() {
        TimelineHistory first = TimelineHistory.withoutParents(ONE);
        assertThat(first.timelineContaining(new Lsn(-1))).isEqualTo(ONE);
        assertThat(first.ancestors()).isEmpty();
        assertThat(first.contains(ONE)).isTrue();
    }

    @Test
    void aTimelineLeftBeforeItBeganHoldsNothing() {
        // PostgreSQL 18 wrote these lines: recovery to a restore point on timeline 1, while following timeline 2.
        TimelineHistory history =
                parse(3, "1\t0/A000A0\tno recovery target specified\n\n2\t0/86DF30\tat restore point \"early\"\n");
        assertThat(history.timelineContaining(Lsn.parse("0/86DF2F"))).isEqualTo(ONE);
        assertThat(history.timelineContaining(Lsn.parse("0/86DF30"))).isEqualTo(new Timeline(3));
        assertThat(history.timelineContaining(Lsn.parse("0/A000A0"))).isEqualTo(new Timeline(3));
    }

    @Test
    void commentsBlankLinesAndOtherWhiteSpaceAreAcceptedAsPostgresDoes() {
        assertThat(parse(
                        4294967295L, "# by hand\r\n \t\r\n  7   1/0A  \n\t# more\n4294967294\t2/0\twhy \"not\"? \t so"))
                .isEqualTo(new TimelineHistory(
                        new Timeline(-1),
                        List.of(
                                new Switch(new Timeline(7), Lsn.parse("1/A"), ""),
                                new Switch(new Timeline(-2), Lsn.parse("2/0"), "why \"not\"? \t so"))));
    }

    @Test
    void aReasonInAnotherEncodingDoesNoHarm() {
        byte[] content = {'1', '\t', '0', '/', '8', '\t', (byte) 0xE4, (byte) 0xFF, '\n'};
        assertThat(TimelineHistory.parse(TWO, content).switchPointOf(ONE)).contains(new Lsn(8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x|line 1 of 00000004.history (\"x\"): expected a timeline number from 1 to 4294967295 first",
                "1\\t0/8\\n0\\t0/9|line 2 of 00000004.history (\"0\t0/9\"): expected a timeline number",
                "4294967296\\t0/8|expected a timeline number",
                "-1\\t0/8|expected a timeline number",
                "0x1\\t0/8|expected a timeline number",
                "#c\\n\\n1|line 3 of 00000004.history (\"1\"): expected a switch point after the timeline",
                "1\\tnow|line 1 of 00000004.history (\"1\tnow\"): the switch point is not a position such as 0/A000198",
                "2\\t0/8\\n2\\t0/9|line 2 of 00000004.history (\"2\t0/9\"): timelines must increase, but this follows 2",
                "2\\t0/8\\n1\\t0/9|timelines must increase, but this follows 2",
                "4\\t0/8|line 1 of 00000004.history (\"4\t0/8\"): a parent must be older than timeline 4",
                "5\\t0/8|a parent must be older than timeline 4",
                "''|00000004.history names no parent timeline: it is empty or truncated",
                "# only\\n|names no parent timeline",
            })
    void malformedContentIsRefusedAndTheLineIsNamed(String content, String message) {
        assertThatThrownBy(() -> parse(4, content.replace("\\t", "\t").replace("\\n", "\n")))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining(message.replace('\t', '?'));
    }

    @Test
    void binaryContentIsNotPrintedAsItIs() {
        assertThatThrownBy(() -> TimelineHistory.parse(TWO, new byte[8192]))
                .isInstanceOf(Malformed.class)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\0").hasSizeLessThan(250));
    }

    @Test
    void parentsOutOfOrderAreRefusedWhereverTheyComeFrom() {
        Switch one = new Switch(ONE, new Lsn(8), "");
        Switch two = new Switch(TWO, new Lsn(9), "");
        assertThatThrownBy(() -> new TimelineHistory(FOUR, List.of(two, one))).isInstanceOf(Malformed.class);
        assertThatThrownBy(() -> new TimelineHistory(TWO, List.of(one, two))).isInstanceOf(Malformed.class);
    }

    @Test
    void answersAreThoseOfASearchThroughAllRanges() {
        Property.forAll(
                List.of(),
                random -> {
                    List<Switch> ancestry = new ArrayList<>();
                    int parents = random.nextInt(1, 6);
                    for (int parent = 1; parent <= parents; parent++) {
                        ancestry.add(new Switch(new Timeline(parent), new Lsn(random.nextLong(1, 20)), "at random"));
                    }
                    return new TimelineHistory(new Timeline(9), ancestry);
                },
                history -> {
                    assertThat(parse(9, print(history))).isEqualTo(history);
                    for (long position = 0; position < 21; position++) {
                        Lsn lsn = new Lsn(position);
                        assertThat(history.timelineContaining(lsn)).isEqualTo(search(history, lsn));
                    }
                });
    }

    /** A timeline covers what lies between the switch point of its parent and its own; newer ones win. */
    private static Timeline search(TimelineHistory history, Lsn lsn) {
        Timeline found = ONE;
        for (int i = 0; i <= history.ancestry().size(); i++) {
            boolean last = i == history.ancestry().size();
            boolean begun =
                    i == 0 || lsn.isAtLeast(history.ancestry().get(i - 1).switchPoint());
            boolean left = !last && lsn.isAtLeast(history.ancestry().get(i).switchPoint());
            if (begun && !left) {
                found = last ? history.timeline() : history.ancestry().get(i).parent();
            }
        }
        return found;
    }

    private static String print(TimelineHistory history) {
        StringBuilder text = new StringBuilder();
        history.ancestry()
                .forEach(s -> text.append(Integer.toUnsignedString(s.parent().id()))
                        .append('\t')
                        .append(s.switchPoint())
                        .append('\t')
                        .append(s.reason())
                        .append("\n\n"));
        return text.toString();
    }

    private static TimelineHistory parse(long timeline, String content) {
        return TimelineHistory.parse(new Timeline((int) timeline), content.getBytes(UTF_8));
    }
}
