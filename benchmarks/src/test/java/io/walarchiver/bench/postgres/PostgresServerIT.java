package io.walarchiver.bench.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bench.process.UnprivilegedUser;
import io.walarchiver.bench.process.WorkDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresServerIT {

    // Not a @TempDir: those are private to the user that runs the tests, and PostgreSQL may run as another one.
    private Path directory;
    private PostgresServer server;

    @BeforeEach
    void initialize() throws Exception {
        directory = WorkDirectory.forOneRun("test");
        PostgresBinaries binaries = PostgresBinaries.unpack(WorkDirectory.cache());
        UnprivilegedUser user = UnprivilegedUser.find(List.of(binaries.home()));
        server = PostgresServer.initialize(binaries, user, directory, 1);
    }

    @AfterEach
    void delete() throws Exception {
        server.close();
        WorkDirectory.delete(directory);
    }

    @Test
    void survivesAnImmediateStopWithSegmentsOfOneMebibyte() throws Exception {
        server.configure(Map.of("synchronous_commit", "on"));
        server.start();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t AS SELECT 42 AS answer");
        }

        server.stopImmediately();
        assertThat(server.isRunning()).isFalse();
        server.start();

        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery("SELECT answer, current_setting('wal_segment_size') FROM t")) {
            assertThat(result.next()).isTrue();
            assertThat(result.getInt(1)).isEqualTo(42);
            assertThat(result.getString(2)).isEqualTo("1MB");
        }
    }

    @Test
    void loadWritesWalUntilItIsStopped() throws Exception {
        server.start();
        OltpLoad.createTables(server, 1, 7);

        OltpLoad load = OltpLoad.start(server, 1, 2, 7);
        Thread.sleep(Duration.ofSeconds(1).toMillis());
        load.close();
        load.requireHealthy();
        long done = load.transactions();

        assertThat(done).isPositive();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT count(*) FROM ledger")) {
            assertThat(result.next()).isTrue();
            assertThat(result.getLong(1)).isEqualTo(4 * done);
        }
        assertThat(Files.exists(server.log())).isTrue();
    }
}
