package io.walarchiver.bench.service;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.process.ProcessUsage;
import io.walarchiver.bench.process.UnprivilegedUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code wal-archiver serve} as a process of its own, killed and started again at will. For one thread, except
 * {@link #metrics}.
 */
public final class ArchiverService implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration SCRAPE_LIMIT = Duration.ofSeconds(5);

    private final Distribution distribution;
    private final UnprivilegedUser user;
    private final Settings settings;
    private final int httpPort;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(SCRAPE_LIMIT).build();
    private @Nullable ChildProcess process;

    /**
     * What the service is started with.
     *
     * @param storeFile     where to archive
     * @param serverName    under which name
     * @param dataDirectory whose WAL
     * @param socket        the Unix socket for gRPC; the one for HTTP lies beside it
     * @param log           receives its log
     */
    public record Settings(Path storeFile, String serverName, Path dataDirectory, Path socket, Path log) {}

    public ArchiverService(Distribution distribution, UnprivilegedUser user, Settings settings) throws IOException {
        this.distribution = distribution;
        this.user = user;
        this.settings = settings;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.httpPort = free.getLocalPort();
        }
    }

    /** Starts it without waiting. */
    public void launch() throws IOException {
        process = ChildProcess.start(
                "wal-archiver",
                user.command(List.of(
                        distribution.program(),
                        "serve",
                        "--store",
                        settings.storeFile().toString(),
                        "--server",
                        settings.serverName(),
                        "--pgdata",
                        settings.dataDirectory().toString(),
                        "--socket",
                        settings.socket().toString(),
                        "--http",
                        "127.0.0.1:" + httpPort)),
                Map.of(
                        "JAVA_HOME", System.getProperty("java.home"),
                        // Where the service may write the authorities it trusts.
                        "SSL_CERT_FILE",
                                settings.socket()
                                        .resolveSibling("authorities.pem")
                                        .toString()),
                Path.of("/"),
                settings.log());
    }

    /** Starts it and waits until it calls itself alive. */
    public void start() throws IOException {
        launch();
        awaitAlive();
    }

    private void awaitAlive() throws IOException {
        Instant deadline = Instant.now().plus(START_LIMIT);
        while (true) {
            running().requireAlive();
            if (get("/healthz").map(HttpResponse::statusCode).orElse(0) == 200) {
                return;
            }
            if (Instant.now().isAfter(deadline)) {
                throw new IOException(
                        "the service does not get ready:\n" + running().output());
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the service", e);
            }
        }
    }

    /** {@code kill -9}. */
    public void kill() {
        running().kill();
    }

    /** Fails with its log when it has ended by itself. */
    public void requireAlive() throws IOException {
        running().requireAlive();
    }

    public long pid() {
        return running().pid();
    }

    /** What it has used; empty when it is gone. */
    public Optional<ProcessUsage> usage() {
        return ProcessUsage.of(pid());
    }

    /** What {@code /metrics} says now; empty when it does not answer. */
    public Optional<Metrics> metrics() {
        return get("/metrics").filter(r -> r.statusCode() == 200).map(r -> Metrics.parse(r.body()));
    }

    /** Where people find the metrics. */
    public String address() {
        return "http://127.0.0.1:" + httpPort;
    }

    private Optional<HttpResponse<String>> get(String path) {
        try {
            return Optional.of(http.send(
                    HttpRequest.newBuilder(URI.create(address() + path))
                            .timeout(SCRAPE_LIMIT)
                            .build(),
                    HttpResponse.BodyHandlers.ofString()));
        } catch (IOException notThere) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private ChildProcess running() {
        if (process == null) {
            throw new IllegalStateException("the service was not started");
        }
        return process;
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
