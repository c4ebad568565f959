package io.walarchiver.bench.lab;

import static io.walarchiver.bench.lab.Discipline.FETCH;
import static io.walarchiver.bench.lab.Discipline.FETCH_REPLAY;
import static io.walarchiver.bench.lab.Discipline.PUSH_BURST;
import static io.walarchiver.bench.lab.Discipline.PUSH_LONE;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * One line of the budgets.
 *
 * @param what     what is limited
 * @param limit    the number
 * @param atMost   true when less is better
 * @param measured what was measured; empty when whoever it is compared with did not take part
 */
record Budget(String what, double limit, boolean atMost, OptionalDouble measured) {

    private static final String OURS = "wal-archiver";
    private static final String FLOOR = "floor";
    private static final String ASYNC_ZST = "pgBackRest async zst";
    private static final String ASYNC_LZ4 = "pgBackRest async lz4";
    private static final String SYNC = "pgBackRest sync zst";
    private static final String BARMAN = "barman-cloud";
    private static final ToDoubleFunction<Measurement> CPU = Measurement::cpuMillisPerSegment;
    private static final ToDoubleFunction<Measurement> SPEED = Measurement::segmentsPerSecond;
    private static final ToDoubleFunction<Measurement> LATENCY = m -> m.latencyMillis(0.5);
    private static final double MEBIBYTE = 1 << 20;

    /** True when the budget is kept. */
    boolean isKept() {
        return measured.isPresent() && (atMost ? measured.getAsDouble() <= limit : measured.getAsDouble() >= limit);
    }

    /** What the service has to keep, measured by one run. */
    static List<Budget> of(Results results, List<Service.Start> starts) {
        List<Budget> all = new ArrayList<>();
        all.add(ratio(results, "push CPU / floor", 1.3, true, PUSH_BURST, CPU, FLOOR));
        all.add(ratio(results, "push CPU / pgBackRest async zst", 0.55, true, PUSH_BURST, CPU, ASYNC_ZST));
        all.add(ratio(results, "push CPU / pgBackRest async lz4", 0.8, true, PUSH_BURST, CPU, ASYNC_LZ4));
        all.add(ratio(results, "push CPU / barman-cloud", 0.08, true, PUSH_BURST, CPU, BARMAN));
        all.add(ratio(results, "push speed / pgBackRest async zst", 1.6, false, PUSH_BURST, SPEED, ASYNC_ZST));
        all.add(ratio(results, "push speed / pgBackRest async lz4", 1.2, false, PUSH_BURST, SPEED, ASYNC_LZ4));
        all.add(ratio(results, "push speed / barman-cloud", 18, false, PUSH_BURST, SPEED, BARMAN));
        all.add(ratio(results, "lone answer / pgBackRest sync", 0.6, true, PUSH_LONE, LATENCY, SYNC));
        all.add(ratio(results, "lone answer / pgBackRest async", 0.25, true, PUSH_LONE, LATENCY, ASYNC_ZST));
        all.add(ratio(results, "fetch speed / pgBackRest async", 2.5, false, FETCH, SPEED, ASYNC_ZST));
        all.add(ratio(results, "fetch CPU / pgBackRest async", 0.8, true, FETCH, CPU, ASYNC_ZST));
        all.add(ratio(results, "fetch CPU / barman-cloud", 0.06, true, FETCH, CPU, BARMAN));
        all.add(ratio(
                results,
                "recovery wall, 40 ms replay / pgBackRest async",
                0.7,
                true,
                FETCH_REPLAY,
                m -> m.wall().toNanos() / 1e6,
                ASYNC_ZST));
        all.add(new Budget(
                "requests per segment, push",
                1,
                true,
                results.median(PUSH_BURST, OURS, Measurement::requestsPerSegment).stream()
                        .filter(Double::isFinite)
                        .findFirst()));
        all.add(new Budget(
                "resident MiB at full speed",
                200,
                true,
                results.median(PUSH_BURST, OURS, m -> m.peakBytes() / MEBIBYTE)));
        all.add(new Budget("resident MiB, idle", 128, true, median(starts, s -> s.idleResidentBytes() / MEBIBYTE)));
        all.add(new Budget(
                "seconds from start to first answer",
                1.5,
                true,
                median(starts, s -> s.toFirstAnswer().toNanos() / 1e9)));
        return all;
    }

    private static Budget ratio(
            Results results,
            String what,
            double limit,
            boolean atMost,
            Discipline discipline,
            ToDoubleFunction<Measurement> figure,
            String other) {
        OptionalDouble ours = results.median(discipline, OURS, figure);
        OptionalDouble theirs = results.median(discipline, other, figure);
        OptionalDouble measured = ours.isPresent() && theirs.isPresent()
                ? OptionalDouble.of(ours.getAsDouble() / theirs.getAsDouble())
                : OptionalDouble.empty();
        return new Budget(what, limit, atMost, measured);
    }

    private static OptionalDouble median(List<Service.Start> starts, ToDoubleFunction<Service.Start> figure) {
        double[] sorted = starts.stream().mapToDouble(figure).sorted().toArray();
        return sorted.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(sorted[sorted.length / 2]);
    }
}
