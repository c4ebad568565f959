package io.walarchiver.sidecar.settings;

import java.util.List;

/** The settings cannot work. Holds every problem found, not only the first. */
public final class SettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    /** @param problems what is wrong, each with what to do; at least one */
    public SettingsException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /** Every problem, in the order in which the settings are documented. */
    public List<String> problems() {
        return problems;
    }
}
