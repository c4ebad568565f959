package io.walarchiver.sidecar.settings;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How the service reads its archive back from time to time.
 *
 * @param every          pause between the ends and beginnings of two runs
 * @param samplePercent  how much of the archive one run reads, from 1 to 100
 * @param bytesPerSecond the most it reads in a second; empty for no limit
 */
public record VerifySchedule(Duration every, int samplePercent, OptionalLong bytesPerSecond) {

    private static final int ALL = 100;

    public VerifySchedule {
        if (every.isNegative() || every.isZero()) {
            throw new IllegalArgumentException("a pause is longer than nothing");
        }
        if (samplePercent < 1 || samplePercent > ALL) {
            throw new IllegalArgumentException("a number from 1 to 100, not " + samplePercent);
        }
    }
}
