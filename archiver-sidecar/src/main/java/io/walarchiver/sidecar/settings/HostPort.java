package io.walarchiver.sidecar.settings;

/**
 * Where a TCP server listens.
 *
 * @param host a name or address; an IPv6 address without brackets
 * @param port from 0 to 65535; 0 lets the system choose a free one
 */
public record HostPort(String host, int port) {

    private static final int MAX_PORT = 65_535;

    public HostPort {
        if (host.isBlank()) {
            throw new IllegalArgumentException("the host is missing");
        }
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("a port is a number from 0 to " + MAX_PORT + ", not " + port);
        }
    }

    /**
     * Reads {@code 127.0.0.1:9189} or {@code [::1]:9189}.
     *
     * @throws IllegalArgumentException when the text is anything else
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        try {
            if (!host.isEmpty()) {
                return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
            }
        } catch (NumberFormatException notANumber) {
            // Told below.
        }
        throw new IllegalArgumentException(
                "not a host and port: \"" + text + "\" (expected for example 127.0.0.1:9189)");
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
