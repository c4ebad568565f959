package io.walarchiver.backup.postgres;

import io.walarchiver.backup.postgres.ServerAddress.Tcp;
import io.walarchiver.backup.postgres.ServerAddress.UnixSocket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Makes connections. Blocks.
 *
 * @param address  where to
 * @param user     as whom
 * @param database to which database
 */
record JdbcConnector(ServerAddress address, String user, String database) {

    static final String APPLICATION_NAME = "wal_archiver_backup";

    private static final String CONNECT_SECONDS = "30";

    Connection connect() throws SQLException {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, user);
        PGProperty.APPLICATION_NAME.set(properties, APPLICATION_NAME);
        PGProperty.CONNECT_TIMEOUT.set(properties, CONNECT_SECONDS);
        // Also bounds the wait for a server that accepts the connection and then says nothing.
        PGProperty.LOGIN_TIMEOUT.set(properties, CONNECT_SECONDS);
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        // Here, because a role's own setting could end the very first statement.
        PGProperty.OPTIONS.set(
                properties, "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0");
        String host;
        if (address instanceof UnixSocket socket) {
            host = "localhost";
            PGProperty.SOCKET_FACTORY.set(properties, UnixSocketFactory.class.getName());
            PGProperty.SOCKET_FACTORY_ARG.set(properties, socket.path().toString());
            PGProperty.SSL_MODE.set(properties, "disable");
            PGProperty.GSS_ENC_MODE.set(properties, "disable");
        } else {
            host = ((Tcp) address).host();
        }
        String url = "jdbc:postgresql://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.port()
                + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8);
        @Nullable Connection connection = new Driver().connect(url, properties);
        if (connection == null) {
            throw new SQLException("the driver does not understand " + url);
        }
        return connection;
    }
}
