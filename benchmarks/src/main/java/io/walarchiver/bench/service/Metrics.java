package io.walarchiver.bench.service;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One scrape of the service.
 *
 * @param samples value by series, labels included, as in the Prometheus text format
 */
public record Metrics(Map<String, Double> samples) {

    /** What a process says that has done nothing. */
    public static final Metrics NONE = new Metrics(Map.of());

    private static final Pattern BOUND = Pattern.compile("le=\"([^\"]+)\"");

    public Metrics {
        samples = Map.copyOf(samples);
    }

    /** Reads the text format; lines it does not know are left out. */
    public static Metrics parse(String text) {
        Map<String, Double> samples = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int blank = line.lastIndexOf(' ');
            if (!line.startsWith("#") && blank > 0) {
                String value = line.substring(blank + 1);
                samples.put(
                        line.substring(0, blank),
                        value.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value));
            }
        }
        return new Metrics(samples);
    }

    /** The sum over all label values of a series. */
    public double sum(String name) {
        return samples.entrySet().stream()
                .filter(sample -> named(sample.getKey(), name))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    /** Both together: two lives of one service. */
    public Metrics plus(Metrics other) {
        Map<String, Double> both = new LinkedHashMap<>(samples);
        other.samples.forEach((name, value) -> both.merge(name, value, Double::sum));
        return new Metrics(both);
    }

    /**
     * The bound of the histogram bucket in which a share of all observations lies, for example {@code ≤ 20 ms};
     * {@code -} when there is none.
     */
    public String percentile(String histogram, double share) {
        return percentileWhere(histogram, "", share);
    }

    /** As {@link #percentile}, of the series that have these labels. */
    public String percentileWhere(String histogram, String labels, double share) {
        NavigableMap<Double, Double> cumulative = new TreeMap<>();
        samples.forEach((name, count) -> {
            Matcher bound = BOUND.matcher(name);
            if (named(name, histogram + "_bucket") && name.contains(labels) && bound.find()) {
                double seconds =
                        bound.group(1).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound.group(1));
                cumulative.merge(seconds, count, Double::sum);
            }
        });
        if (cumulative.isEmpty() || cumulative.lastEntry().getValue() == 0) {
            return "-";
        }
        double wanted = cumulative.lastEntry().getValue() * share;
        for (Map.Entry<Double, Double> bucket : cumulative.entrySet()) {
            if (bucket.getValue() >= wanted && !bucket.getKey().isInfinite()) {
                return String.format(Locale.ROOT, "\u2264 %.0f ms", bucket.getKey() * 1000);
            }
        }
        return String.format(Locale.ROOT, "> %.0f ms", cumulative.lowerKey(Double.POSITIVE_INFINITY) * 1000);
    }

    private static boolean named(String series, String name) {
        return series.equals(name) || series.startsWith(name + "{");
    }
}
