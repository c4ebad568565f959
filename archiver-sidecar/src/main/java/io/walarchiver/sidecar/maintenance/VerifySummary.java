package io.walarchiver.sidecar.maintenance;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What reading the archive back found.
 *
 * @param at       when it ended
 * @param took     how long
 * @param objects  how many objects were read
 * @param bytes    how many bytes of them
 * @param damaged  how many are damaged
 * @param findings what is wrong; a few of them
 */
public record VerifySummary(Instant at, Duration took, long objects, long bytes, long damaged, List<String> findings) {

    public VerifySummary {
        findings = List.copyOf(findings);
    }
}
