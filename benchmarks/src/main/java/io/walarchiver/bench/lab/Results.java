package io.walarchiver.bench.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** All measurements that count, by discipline and contestant, in order of appearance. */
final class Results {

    private final Map<Discipline, Map<String, List<Measurement>>> measurements = new LinkedHashMap<>();

    void add(Discipline discipline, String contestant, Measurement measurement) {
        measurements
                .computeIfAbsent(discipline, d -> new LinkedHashMap<>())
                .computeIfAbsent(contestant, c -> new ArrayList<>())
                .add(measurement);
    }

    Map<String, List<Measurement>> of(Discipline discipline) {
        return measurements.getOrDefault(discipline, Map.of());
    }

    /** The median over the rounds; empty when there is none. */
    OptionalDouble median(Discipline discipline, String contestant, ToDoubleFunction<Measurement> figure) {
        List<Measurement> rounds = of(discipline).getOrDefault(contestant, List.of());
        return rounds.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(Spread.of(rounds, figure).median());
    }

    /** One figure over the rounds. */
    record Spread(double median, double min, double max) {

        static Spread of(List<Measurement> rounds, ToDoubleFunction<Measurement> figure) {
            double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
            int middle = sorted.length / 2;
            double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
            return new Spread(median, sorted[0], sorted[sorted.length - 1]);
        }
    }
}
