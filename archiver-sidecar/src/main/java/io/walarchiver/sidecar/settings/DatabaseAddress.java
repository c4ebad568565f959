package io.walarchiver.sidecar.settings;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How to reach the server for a base backup, as far as somebody said. What nobody said is read from the data directory
 * of the running server when a backup starts.
 *
 * @param host     a host, or the directory of a Unix socket when it begins with a slash
 * @param port     of the server
 * @param user     whom to connect as
 * @param database which database to connect to
 */
public record DatabaseAddress(
        Optional<String> host, OptionalInt port, Optional<String> user, Optional<String> database) {

    /** Nobody said anything. */
    public static final DatabaseAddress UNSAID =
            new DatabaseAddress(Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

    private static final int MAX_PORT = 65_535;

    public DatabaseAddress {
        if (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > MAX_PORT)) {
            throw new IllegalArgumentException("a port is a number from 1 to " + MAX_PORT + ", not " + port.getAsInt());
        }
    }

    /**
     * The same, completed by the variables that PostgreSQL's own programs read: {@code PGHOST}, {@code PGPORT},
     * {@code PGUSER}, {@code PGDATABASE}.
     *
     * @throws IllegalArgumentException when {@code PGPORT} is not a port
     */
    public DatabaseAddress orElse(Map<String, String> environment) {
        return new DatabaseAddress(
                host.or(() -> value(environment, "PGHOST")),
                port.isPresent() ? port : port(environment),
                user.or(() -> value(environment, "PGUSER")),
                database.or(() -> value(environment, "PGDATABASE")));
    }

    private static OptionalInt port(Map<String, String> environment) {
        Optional<String> text = value(environment, "PGPORT");
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(text.get()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the variable PGPORT is not a number: \"" + text.get() + "\"");
        }
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
    }
}
