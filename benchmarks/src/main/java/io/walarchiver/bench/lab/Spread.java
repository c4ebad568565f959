package io.walarchiver.bench.lab;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * One figure over the rounds.
 *
 * @param median not a number when the figure was not measured
 */
public record Spread(double median, double min, double max) {

    /** The figure of all rounds; at least one. */
    public static <T> Spread of(List<T> rounds, ToDoubleFunction<T> figure) {
        double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** As many digits as are worth reading. */
    public static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    /** For a table: the median and, in parentheses, minimum and maximum. */
    @Override
    public String toString() {
        return Double.isNaN(median) ? "-" : number(median) + " (" + number(min) + "-" + number(max) + ")";
    }
}
