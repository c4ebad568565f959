package io.walarchiver.sidecar.settings;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The port of metrics, probes and the status page, as the operator half says it to the sidecar and to its probes. */
public final class ManagementPort {

    private static final String VARIABLE = "MANAGEMENT_PORT";
    private static final int DEFAULT = 9189;

    private ManagementPort() {}

    /**
     * What {@code MANAGEMENT_PORT} says, or the usual one.
     *
     * @throws SettingsException when it is not a port
     */
    public static int of(Map<String, String> environment) {
        String text = Optional.ofNullable(environment.get(VARIABLE))
                .map(String::strip)
                .filter(said -> !said.isEmpty())
                .orElse(Integer.toString(DEFAULT));
        try {
            return new HostPort("localhost", Integer.parseInt(text)).port();
        } catch (IllegalArgumentException e) {
            throw new SettingsException(
                    List.of("the variable " + VARIABLE + " is a number from 0 to 65535, not \"" + text + "\""));
        }
    }
}
