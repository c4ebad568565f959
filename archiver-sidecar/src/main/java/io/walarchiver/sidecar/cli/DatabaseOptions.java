package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.Problems;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the service reaches its server for base backups. Long names only: {@code -h} asks for help. */
final class DatabaseOptions {

    @Option(
            names = "--host",
            paramLabel = "HOST|DIR",
            description = "host of the server, or directory of its Unix socket; default is PGHOST, or else the socket"
                    + " the running server names in its data directory")
    private @Nullable String host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "port of the server; default is PGPORT, or else the one the running server names")
    private @Nullable Integer port;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "whom to connect as; default is PGUSER, or else postgres")
    private @Nullable String user;

    @Option(
            names = "--dbname",
            paramLabel = "NAME",
            description = "database to connect to; default is PGDATABASE, or else postgres")
    private @Nullable String database;

    /** What was said on the command line. */
    DatabaseAddress written(Problems problems) {
        return address(host, port, user, database, problems);
    }

    /** What was said, or a noted problem. */
    static DatabaseAddress address(
            @Nullable String host,
            @Nullable Integer port,
            @Nullable String user,
            @Nullable String database,
            Problems problems) {
        return problems.check(
                        "--port",
                        () -> new DatabaseAddress(
                                Optional.ofNullable(host),
                                port == null ? OptionalInt.empty() : OptionalInt.of(port),
                                Optional.ofNullable(user),
                                Optional.ofNullable(database)))
                .orElse(DatabaseAddress.UNSAID);
    }
}
