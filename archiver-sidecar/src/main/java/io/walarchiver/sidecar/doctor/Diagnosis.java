package io.walarchiver.sidecar.doctor;

import java.util.List;

/**
 * All findings, in the order in which a person would look.
 *
 * @param api        the address of the API
 * @param kubernetes its version
 * @param plugin     the name of the plugin that was looked for
 * @param findings   of all checks
 */
public record Diagnosis(String api, String kubernetes, String plugin, List<Finding> findings) {

    /** Copies. */
    public Diagnosis {
        findings = List.copyOf(findings);
    }

    /** How many findings there are of a level. */
    public long count(Finding.Level level) {
        return findings.stream().filter(finding -> finding.level() == level).count();
    }

    /** Whether nothing fails. */
    public boolean isGood() {
        return count(Finding.Level.FAIL) == 0;
    }
}
