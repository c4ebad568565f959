package io.walarchiver.testing;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A statement that holds for every value, tried on the edge cases and on a few thousand random ones. The seed is fixed, so
 * that a run can be repeated, and named when a value breaks the statement; {@code -Dproperty.seed=…} tries another.
 */
public final class Property {

    private static final long SEED = Long.getLong("property.seed", 20_140_918L);
    private static final int SAMPLES = 3_000;

    private Property() {}

    /** Tries {@code statement}, which throws when it does not hold, on {@code edges} and on random values. */
    public static <T> void forAll(
            List<T> edges, Function<SplittableRandom, T> randomValue, Consumer<? super T> statement) {
        edges.forEach(value -> check(value, "an edge case", statement));
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < SAMPLES; i++) {
            check(randomValue.apply(random), "sample " + i + " of seed " + SEED, statement);
        }
    }

    private static <T> void check(T value, String origin, Consumer<? super T> statement) {
        try {
            statement.accept(value);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("does not hold for " + value + " (" + origin + "): " + e.getMessage(), e);
        }
    }
}
