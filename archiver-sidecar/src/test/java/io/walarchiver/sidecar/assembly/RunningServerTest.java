package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.postgres.ServerAddress;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningServerTest {

    @TempDir
    private Path pgdata;

    @Test
    void socketAndPortAreThoseTheServerNames() throws IOException {
        pid("1\n/pgdata\n123\n5433\n/run/postgresql\nlocalhost\n  1 2\nready\n");
        assertThat(RunningServer.address(pgdata, DatabaseAddress.UNSAID))
                .isEqualTo(new ServerAddress.UnixSocket(Path.of("/run/postgresql"), 5433));
    }

    @Test
    void serverWithoutASocketIsReachedByItsAddress() throws IOException {
        pid("1\n/pgdata\n123\n5433\n\n127.0.0.1\n");
        assertThat(RunningServer.address(pgdata, DatabaseAddress.UNSAID))
                .isEqualTo(new ServerAddress.Tcp("127.0.0.1", 5433));
        pid("1\n/pgdata\n123\n5433\n\n*\n");
        assertThat(RunningServer.address(pgdata, DatabaseAddress.UNSAID))
                .isEqualTo(new ServerAddress.Tcp("localhost", 5433));
    }

    @Test
    void whatSomebodySaidWins() throws IOException {
        pid("1\n/pgdata\n123\n5433\n/run/postgresql\n\n");
        assertThat(RunningServer.address(pgdata, said("/elsewhere", 0)))
                .isEqualTo(new ServerAddress.UnixSocket(Path.of("/elsewhere"), 5433));
        Files.delete(pgdata.resolve("postmaster.pid"));
        assertThat(RunningServer.address(pgdata, said("db.example.org", 6000)))
                .isEqualTo(new ServerAddress.Tcp("db.example.org", 6000));
    }

    @Test
    void serverThatDoesNotRunOrStillStartsIsSaidSo() throws IOException {
        assertThatThrownBy(() -> RunningServer.address(pgdata, DatabaseAddress.UNSAID))
                .isInstanceOf(PreconditionException.class)
                .hasMessageContaining("no server runs on " + pgdata);
        pid("1\n/pgdata\n");
        assertThatThrownBy(() -> RunningServer.address(pgdata, DatabaseAddress.UNSAID))
                .isInstanceOf(PreconditionException.class)
                .hasMessageContaining("still starting");
    }

    @Test
    void variablesOfPostgresqlCompleteWhatIsSaid() {
        Map<String, String> environment =
                Map.of("PGHOST", "/sockets", "PGPORT", "5555", "PGUSER", "backup", "PGDATABASE", "orders");
        assertThat(DatabaseAddress.UNSAID.orElse(environment))
                .isEqualTo(new DatabaseAddress(
                        Optional.of("/sockets"), OptionalInt.of(5555), Optional.of("backup"), Optional.of("orders")));
        assertThat(said("here", 1).orElse(environment).host()).contains("here");
        assertThatThrownBy(() -> DatabaseAddress.UNSAID.orElse(Map.of("PGPORT", "many")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PGPORT");
    }

    private static DatabaseAddress said(String host, int port) {
        return new DatabaseAddress(
                Optional.of(host),
                port == 0 ? OptionalInt.empty() : OptionalInt.of(port),
                Optional.empty(),
                Optional.empty());
    }

    private void pid(String content) throws IOException {
        Files.writeString(pgdata.resolve("postmaster.pid"), content);
    }
}
