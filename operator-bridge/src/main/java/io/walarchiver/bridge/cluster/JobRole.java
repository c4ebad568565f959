package io.walarchiver.bridge.cluster;

import java.util.Map;
import java.util.Optional;

/** What a Job of the operator does, as far as an archive is concerned. */
public enum JobRole {
    /** Creates the first instance from a base backup of an archive: restores the backup, then WAL. */
    FULL_RECOVERY("full-recovery"),
    /** Creates the first instance from a volume snapshot: restores WAL only. */
    SNAPSHOT_RECOVERY("snapshot-recovery");

    private static final String LABEL = "/jobRole";

    private final String label;

    JobRole(String label) {
        this.label = label;
    }

    /** The value of the label, and the name of the container that does the work. */
    public String label() {
        return label;
    }

    /**
     * The role of a Job by the labels of its Pods ({@code cnpg.io/jobRole}, or the same under the domain of a vendor);
     * empty when it needs no archive.
     */
    public static Optional<JobRole> of(Map<String, String> labels) {
        for (JobRole role : values()) {
            for (Map.Entry<String, String> entry : labels.entrySet()) {
                if (entry.getKey().endsWith(LABEL) && entry.getValue().equals(role.label)) {
                    return Optional.of(role);
                }
            }
        }
        return Optional.empty();
    }
}
