package io.walarchiver.sidecar.assembly;

import io.grpc.ManagedChannel;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.operator.StoreCare;
import io.walarchiver.sidecar.grpc.TlsClient;
import io.walarchiver.sidecar.settings.OperatorProcessSettings;
import io.walarchiver.sidecar.tls.MountedSecrets;
import io.walarchiver.sidecar.tls.TestAuthority;
import io.walarchiver.sidecar.tls.TestAuthority.Issued;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The whole operator process in this JVM, with an API by hand, and clients for it. */
final class RunningOperator implements AutoCloseable {

    static final String IMAGE = "registry.example/wal-archiver:1.2.3";

    private static final OperatorProcess.Pace FAST = new OperatorProcess.Pace(
            Duration.ofMillis(20), new StoreCare.Pace(Duration.ofMillis(20), Duration.ofMillis(200), 2));

    final FakeKubernetes kubernetes = new FakeKubernetes();
    final TestAuthority authority = new TestAuthority("authority");
    final Issued certificate = authority.server(TlsClient.SERVICE);
    final MountedSecrets secrets;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<TlsClient> clients = new ArrayList<>();
    private @Nullable OperatorProcess process;

    private RunningOperator(Path directory) throws IOException {
        secrets = new MountedSecrets(directory);
    }

    /** Not started yet: what it finds at its start can be prepared. */
    static RunningOperator prepared(Path directory) throws IOException {
        return new RunningOperator(directory);
    }

    /** With certificates, and an API that answers. */
    static RunningOperator started(Path directory) throws IOException {
        RunningOperator operator = new RunningOperator(directory);
        operator.secrets.server(operator.certificate);
        operator.secrets.trust(operator.authority.self().certificatePem());
        operator.start(Map.of());
        return operator;
    }

    void start(Map<String, String> more) throws IOException {
        start(more, "127.0.0.1:0");
    }

    void start(Map<String, String> more, String address) throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of("SIDECAR_IMAGE", IMAGE, "POD_NAME", "operator-1"));
        environment.putAll(more);
        process = OperatorProcess.start(
                OperatorProcessSettings.of(
                        new OperatorProcessSettings.Written(
                                secrets.files().certificate(),
                                secrets.files().key(),
                                secrets.files().trustedCallers(),
                                address,
                                "127.0.0.1:0"),
                        environment),
                FAST,
                kubernetes::connect);
    }

    int port() {
        return running().grpcPort();
    }

    private OperatorProcess running() {
        return Objects.requireNonNull(process, "not started");
    }

    /** A connection of somebody who may ask. */
    ManagedChannel channel() {
        return channel(authority.client("operator"));
    }

    /** A connection of somebody with a certificate. */
    ManagedChannel channel(Issued own) {
        return keep(TlsClient.showing(port(), authority.self().certificate(), own));
    }

    ManagedChannel keep(TlsClient client) {
        clients.add(client);
        return client.channel();
    }

    /** As after SIGTERM, without the pause before it. Blocks. */
    void end() {
        running().close();
    }

    /** Whether somebody new is let in. */
    boolean isListening() {
        return isListening(InetAddress.getLoopbackAddress());
    }

    boolean isListening(InetAddress address) {
        try (Socket unused = new Socket(address, port())) {
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + running().httpPort() + path))
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    boolean isReady() throws IOException, InterruptedException {
        return get("/readyz").statusCode() == 200;
    }

    String metrics() throws IOException, InterruptedException {
        return get("/metrics").body();
    }

    @Override
    public void close() throws InterruptedException {
        for (TlsClient client : clients) {
            client.close();
        }
        if (process != null) {
            process.close();
        }
        kubernetes.close();
    }
}
