package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VerificationScopeTest {

    private static final List<String> KEYS = IntStream.range(0, 10_000)
            .mapToObj(i -> String.format(Locale.ROOT, "pg/orders/wals/0000000100000000/0000000100000000%08X.zst", i))
            .toList();

    @Test
    void anyConsecutiveRunsHoldEachKeyOnce() {
        Property.forAll(
                List.of(new VerificationScope.Part(0, 1), new VerificationScope.Part(-3, 7)),
                random -> new VerificationScope.Part(random.nextLong(1L << 40), 1 + random.nextInt(400)),
                part -> {
                    String key = KEYS.get((int) Math.floorMod(part.run(), (long) KEYS.size()));
                    long holding = IntStream.range(0, part.runs())
                            .filter(i -> new VerificationScope.Part(part.run() + i, part.runs())
                                    .arc(1)
                                    .holds(key))
                            .count();
                    assertThat(holding).isEqualTo(1);
                });
    }

    @Test
    void namesThatHardlyDifferAreSpreadEvenly() {
        for (int run = 0; run < 20; run++) {
            VerificationScope.Arc arc = new VerificationScope.Part(run, 20).arc(1);
            assertThat(KEYS.stream().filter(arc::holds).count()).isBetween(400L, 600L);
        }
    }

    @Test
    void samplesThatFollowEachOtherHoldEverythingWhateverIsAddedMeanwhile() {
        SplittableRandom random = new SplittableRandom(11);
        List<String> present = new ArrayList<>(KEYS.subList(0, 1000));
        List<String> read = new ArrayList<>();
        long cursor = VerificationScope.CIRCLE - 5;
        long covered = 0;
        int runs = 0;
        while (covered < VerificationScope.CIRCLE) {
            VerificationScope.Arc arc = new VerificationScope.Next(cursor, 50).arc(present.size());
            present.stream().filter(arc::holds).forEach(read::add);
            cursor = arc.next();
            covered += arc.width();
            runs++;
            for (int i = random.nextInt(60); i > 0; i--) {
                present.add(KEYS.get(present.size()));
            }
        }

        assertThat(read).containsAll(KEYS.subList(0, 1000));
        assertThat(runs).isBetween(20, 60);
    }

    @Test
    void moreObjectsThanThereAreIsEverything() {
        VerificationScope.Arc arc = new VerificationScope.Next(77, 1000).arc(3);

        assertThat(KEYS).allMatch(arc::holds);
        assertThat(arc.next()).isEqualTo(77);
        assertThat(new VerificationScope.Everything().arc(0).width()).isEqualTo(VerificationScope.CIRCLE);
    }

    @Test
    void senselessSamplesAreRefused() {
        assertThatThrownBy(() -> new VerificationScope.Part(1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VerificationScope.Next(-1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VerificationScope.Next(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VerificationScope.Next(VerificationScope.CIRCLE, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
