package io.walarchiver.sidecar.settings;

import java.util.regex.Pattern;

/**
 * The name under which CloudNativePG knows the plugin. The same text stands in the Service label, in the Cluster, in
 * the socket's file name and in the metadata answer (CNPG-I contract, Identity).
 *
 * @param value letters, digits, dashes and dots, at most 63, first and last a letter or digit
 */
public record PluginName(String value) {

    private static final int MAX_LENGTH = 63;
    private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");

    /** What the plugin is called unless a setting says otherwise. */
    public static final PluginName DEFAULT = new PluginName("walarchiver.io");

    public PluginName {
        if (value.length() > MAX_LENGTH || !SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("not a plugin name: \"" + value
                    + "\" (expected at most 63 letters, digits, dashes and dots, for example walarchiver.io)");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
