package io.walarchiver.bench.postgres;

import java.util.SplittableRandom;

/** Text that looks like what people type: few words often, many words rarely. */
final class Prose {

    private static final int WORDS = 3_000;
    private static final String[] VOCABULARY = vocabulary();

    private Prose() {}

    static String sentence(SplittableRandom random, int words) {
        StringBuilder text = new StringBuilder(words * 8);
        for (int i = 0; i < words; i++) {
            if (i > 0) {
                text.append(' ');
            }
            // Cubing the position approximates Zipf's law closely enough for a compressor.
            double at = random.nextDouble();
            text.append(VOCABULARY[(int) (at * at * at * WORDS)]);
        }
        return text.toString();
    }

    private static String[] vocabulary() {
        String[] starts = {"b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "gr", "pl"
        };
        String[] vowels = {"a", "e", "i", "o", "u", "ea", "ou", "ai"};
        SplittableRandom random = new SplittableRandom(20260101);
        String[] words = new String[WORDS];
        for (int i = 0; i < WORDS; i++) {
            StringBuilder word = new StringBuilder();
            // Frequent words are short.
            int syllables = 1 + (i > 60 ? 1 : 0) + random.nextInt(i > 600 ? 3 : 1);
            for (int s = 0; s < syllables; s++) {
                word.append(starts[random.nextInt(starts.length)]).append(vowels[random.nextInt(vowels.length)]);
            }
            words[i] = word.toString();
        }
        return words;
    }
}
