package io.walarchiver.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.walarchiver.archive.ArchiveException;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.sidecar.request.DataDirectories;
import io.walarchiver.sidecar.request.Failure.Verdict;
import io.walarchiver.sidecar.request.ScriptedCalls;
import io.walarchiver.sidecar.request.WalPaths;
import io.walarchiver.sidecar.request.WalRequests;
import io.walarchiver.sidecar.settings.HostPort;
import io.walarchiver.sidecar.status.StatusReport;
import io.walarchiver.sidecar.status.StatusReports;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;

class HttpServersTest {

    private static final String SEGMENT = "00000001000000000000000A";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @TempDir
    private Path directory;

    private final ScriptedCalls calls = new ScriptedCalls();
    private final CallGate gate = new CallGate();
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private Path pgdata;
    private Path socket;
    private EventLoop loop;
    private ManagementRoutes management;
    private HttpServers server;

    @BeforeEach
    void serve() throws IOException {
        pgdata = DataDirectories.empty(directory.toRealPath());
        socket = directory.resolve("api");
        loop = new EventLoop();
        Health liveness = () -> Mono.just(new Health.Report(List.of(Health.Finding.good("it", "works"))));
        Health readiness = () -> Mono.fromSupplier(
                () -> new Health.Report(List.of(new Health.Finding("store", ready.get(), "because <of> it"))));
        Mono<StatusReport> status = readiness.report().map(StatusReports::withHealth);
        management = new ManagementRoutes(() -> "metric 1\n", liveness, readiness, status);
        WalRequests requests = new WalRequests(new WalPaths(pgdata), calls, calls, gate, Schedulers.immediate());
        server = HttpServers.onUnixSocket(
                socket, Files.getOwner(pgdata), loop, List.of(management, new WalRoutes(requests)));
    }

    @AfterEach
    void end() {
        server.close();
        loop.close();
    }

    @Test
    void archiveIsAnsweredWhenTheFileIsDurable() {
        assertThat(post("/v1/wal/archive/" + SEGMENT).status).isEqualTo(200);
        assertThat(calls.asked).containsExactly("archive " + SEGMENT + " checked");
    }

    @Test
    void destinationRelativeToTheDataDirectoryIsUnderstood() {
        assertThat(post("/v1/wal/restore/" + SEGMENT + "?destination=pg_wal/RECOVERYXLOG").status)
                .isEqualTo(200);
        assertThat(post("/v1/wal/restore/" + SEGMENT + "?destination=pg_wal%2F" + SEGMENT).status)
                .isEqualTo(200);
        assertThat(post("/v1/wal/restore/" + SEGMENT + "?mode=rewind&destination=" + pgdata + "/pg_wal/RECOVERYXLOG")
                        .status)
                .isEqualTo(200);
        assertThat(calls.asked)
                .containsExactly(
                        "restore " + SEGMENT + " to " + pgdata + "/pg_wal/RECOVERYXLOG recovery",
                        "restore " + SEGMENT + " to " + pgdata + "/pg_wal/" + SEGMENT + " rewind",
                        "restore " + SEGMENT + " to " + pgdata + "/pg_wal/RECOVERYXLOG rewind");
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_FOUND, 404",
        "INVALID, 400",
        "CONFLICT, 409",
        "FOREIGN_ARCHIVE, 412",
        "PRECONDITION, 409",
        "UNUSABLE, 422",
        "ACCESS_DENIED, 502",
        "REJECTED, 502",
        "CORRUPT, 500",
        "UNAVAILABLE, 503",
        "INTERNAL, 500"
    })
    void eachVerdictHasItsStatus(Verdict verdict, int status) {
        assertThat(HttpFailures.statusOf(verdict)).isEqualTo(status);
    }

    @Test
    void onlyAProvenAbsenceIsNotFound() {
        calls.answerWith(Mono.error(new RestoreException.NotArchived("not there")));
        assertThat(post("/v1/wal/restore/" + SEGMENT + "?destination=pg_wal/RECOVERYXLOG"))
                .isEqualTo(new Answered(404, "not there\n"));
        calls.answerWith(Mono.error(new RestoreException.StoreFailed(
                "no such bucket", new StoreException.NotFound("m", StoreException.Detail.NONE))));
        assertThat(post("/v1/wal/restore/" + SEGMENT + "?destination=pg_wal/RECOVERYXLOG").status)
                .isEqualTo(502);
        assertThat(post("/v1/wal/restor/" + SEGMENT).status).isEqualTo(400);
        assertThat(post("/v1/wal/restore/").status).isEqualTo(400);
        assertThat(post("/v1/wal/restore/nonsense?destination=pg_wal/RECOVERYXLOG").status)
                .isEqualTo(400);
        assertThat(post("/v1/wal/restore/" + SEGMENT).status).isEqualTo(400);
        assertThat(post("/v1/wal/restore/" + SEGMENT + "?mode=odd&destination=x").status)
                .isEqualTo(400);
        assertThat(get("/v1/wal/restore/" + SEGMENT).status()).isEqualTo(400);
    }

    @Test
    void failureIsJsonForThoseWhoAskForIt() throws IOException {
        calls.answerWith(Mono.error(new ArchiveException.Conflict("other content")));
        Answered answer = post("/v1/wal/archive/" + SEGMENT + "?format=json");
        assertThat(answer.status).isEqualTo(409);
        JsonNode body = new ObjectMapper().readTree(answer.body);
        assertThat(body.path("error").asText()).isEqualTo("conflict");
        assertThat(body.path("message").asText()).isEqualTo("other content");
    }

    @Test
    void thrownErrorIsAnsweredWithoutItsMessage() {
        calls.answerWith(Mono.error(new IllegalStateException("secret detail")));
        Answered answer = post("/v1/wal/archive/" + SEGMENT);
        assertThat(answer.status).isEqualTo(500);
        assertThat(answer.body).doesNotContain("secret detail");
    }

    @Test
    void callerThatGoesAwayCancelsTheWork() {
        calls.answerWith(Mono.never());
        Disposable caller =
                client().post().uri("/v1/wal/archive/" + SEGMENT).response().subscribe();
        await().until(() -> gate.running() == 1);
        caller.dispose();
        await().untilAsserted(() -> {
            assertThat(calls.cancelled).hasValue(1);
            assertThat(gate.running()).isZero();
        });
    }

    @Test
    void healthAndReadinessSayWhy() throws IOException {
        assertThat(get("/healthz").status()).isEqualTo(200);
        assertThat(get("/readyz").status()).isEqualTo(200);
        ready.set(false);
        assertThat(get("/healthz").status()).isEqualTo(200);
        UnixHttp.Answer answer = get("/readyz");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(new ObjectMapper()
                        .readTree(answer.body())
                        .at("/findings/0/reason")
                        .asText())
                .isEqualTo("because <of> it");
    }

    @Test
    void statusIsAPageForPeopleAndJsonForPrograms() throws IOException {
        ready.set(false);
        assertThat(get("/status").body())
                .startsWith("<!doctype html>")
                .contains("because &lt;of&gt; it")
                .doesNotContain("<of>");
        assertThat(new ObjectMapper()
                        .readTree(get("/status?format=json").body())
                        .path("ready")
                        .asBoolean(true))
                .isFalse();
    }

    @Test
    void metricsAreServedAsPrometheusText() {
        assertThat(get("/metrics").body()).isEqualTo("metric 1\n");
    }

    @Test
    void tcpServerHasNoWalCalls() throws IOException {
        try (HttpServers tcp = HttpServers.onTcp(new HostPort("127.0.0.1", 0), loop, List.of(management))) {
            HttpClient client = HttpClient.newConnection().baseUrl("http://127.0.0.1:" + tcp.port());
            assertThat(status(client, HttpMethod.GET, "/metrics").status).isEqualTo(200);
            assertThat(status(client, HttpMethod.POST, "/v1/wal/archive/" + SEGMENT).status)
                    .isEqualTo(404);
            assertThat(calls.asked).isEmpty();
            int taken = tcp.port();
            assertThatThrownBy(() -> HttpServers.onTcp(new HostPort("127.0.0.1", taken), loop, List.of(management)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("--http");
        }
    }

    @Test
    void socketIsRemovedAtTheEnd() {
        server.close();
        assertThat(socket).doesNotExist();
    }

    private record Answered(int status, String body) {}

    private HttpClient client() {
        return HttpClient.newConnection().remoteAddress(() -> new DomainSocketAddress(socket.toFile()));
    }

    private Answered post(String uri) {
        return status(client(), HttpMethod.POST, uri);
    }

    private static Answered status(HttpClient client, HttpMethod method, String uri) {
        return client.headers(headers -> headers.set(HttpHeaderNames.HOST, "localhost"))
                .request(method)
                .uri(uri)
                .responseSingle((response, body) -> body.asString()
                        .defaultIfEmpty("")
                        .map(text -> new Answered(response.status().code(), text)))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private UnixHttp.Answer get(String path) {
        try {
            return UnixHttp.get(socket, path, "*/*", PATIENCE);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
