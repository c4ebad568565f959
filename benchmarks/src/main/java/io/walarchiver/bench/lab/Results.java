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
}
