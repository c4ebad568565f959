package io.walarchiver.bench.demo;

import io.walarchiver.bench.postgres.OltpLoad;
import io.walarchiver.bench.postgres.PostgresServer;
import io.walarchiver.bench.service.ArchiverService;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;

/** The load phase: writes at full speed, kills the service once at a random moment, and watches. */
final class Load {

    private static final Duration TICK = Duration.ofMillis(250);
    /** How long a supervisor takes to notice. */
    private static final Duration OUTAGE = Duration.ofSeconds(2);

    private final DemoSettings settings;
    private final Console console;
    private final PostgresServer server;
    private final ArchiverService service;
    private final SegmentSize size;

    Load(DemoSettings settings, Console console, PostgresServer server, ArchiverService service, SegmentSize size) {
        this.settings = settings;
        this.console = console;
        this.server = server;
        this.service = service;
        this.size = size;
    }

    Summary run(int scale) throws IOException, SQLException {
        console.step(
                "%d sessions write at full speed for %d s",
                settings.connections(), settings.load().toSeconds());
        Instant start = Instant.now();
        Instant end = start.plus(settings.load());
        double share = 0.3 + 0.4 * new SplittableRandom(start.toEpochMilli()).nextDouble();
        Instant kill = start.plusMillis((long) (settings.load().toMillis() * share));
        try (OltpLoad load = OltpLoad.start(server, scale, settings.connections(), settings.seed());
                Connection connection = server.connect()) {
            Summary summary = Summary.start(ServerState.of(connection, size), size);
            boolean killed = false;
            while (Instant.now().isBefore(end)) {
                load.requireHealthy();
                if (!killed && Instant.now().isAfter(kill)) {
                    killed = true;
                    killAndRestart(summary);
                }
                service.requireAlive();
                summary.observe(service);
                show(summary, ServerState.of(connection, size), load);
                Pause.of(TICK);
            }
            load.close();
            load.requireHealthy();
            summary.loadEnded(ServerState.of(connection, size));
            console.step("load ended after %,d transactions", load.transactions());
            return summary;
        }
    }

    private void killAndRestart(Summary summary) throws IOException {
        summary.observe(service);
        long pid = service.pid();
        service.kill();
        summary.endLife();
        console.step("kill -9 of the service (process %d), in the middle of it", pid);
        Pause.of(OUTAGE);
        service.start();
        console.step("service started again (process %d)", service.pid());
    }

    private void show(Summary summary, ServerState state, OltpLoad load) {
        console.progress(
                "%,8d transactions | WAL at %s | %.1f MB/s | %,d files archived, %d behind, %d refusals | %.0f MB memory",
                load.transactions(),
                state.segment(),
                summary.megabytesPerSecond(state),
                state.archivedCount(),
                state.behind(size),
                state.failedCount(),
                summary.residentMegabytes());
    }
}
