package io.walarchiver.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with a certificate of its own making, and processes that do or do not trust it. */
final class TrustBundleIT {

    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private static Path directory;

    private static ScriptedS3 server;
    private static Path ca;

    @BeforeAll
    static void start() throws IOException, InterruptedException, GeneralSecurityException {
        Path store = directory.resolve("server.p12");
        run(
                null,
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        server = new ScriptedS3(tls.getServerSocketFactory(), "https").otherwise(ScriptedS3.status(204));
        ca = Files.writeString(
                directory.resolve("ca.pem"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(keys.getCertificate("server").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @Test
    void configuredCaIsTrustedBesidesThoseOfTheSystem() throws IOException, InterruptedException {
        Path bundle = directory.resolve("trusted.pem");

        assertThat(probe(bundle, ca)).contains("outcome: ok");

        assertThat(bundle).content().contains(Files.readString(ca));
        assertThat(Files.readString(bundle).split("BEGIN CERTIFICATE", -1)).hasSizeGreaterThan(10);
        // The file is ours now, so the next start may replace it.
        assertThat(probe(bundle, ca)).contains("outcome: ok");
    }

    @Test
    void unknownCaIsReportedInTime() throws IOException, InterruptedException {
        assertThat(probe(directory.resolve("system-only.pem"), null))
                .contains("Unavailable")
                .contains("endpointCA");
        assertThat(probe(null, null)).contains("Unavailable").contains("endpointCA");
    }

    @Test
    void caWithoutAFileToWriteItToIsAClearError() throws IOException, InterruptedException {
        assertThat(probe(null, ca)).contains("SSL_CERT_FILE is not set");
        assertThat(probe(directory.resolve("no/such/directory/file.pem"), ca))
                .contains("cannot write the trusted CAs to");
        Path foreign = Files.writeString(directory.resolve("foreign.pem"), Files.readString(ca));
        assertThat(probe(foreign, ca)).contains("was not written by this program");
        assertThat(foreign).content().isEqualTo(Files.readString(ca));
    }

    @Test
    void bundleThatIsNotPemIsAClearError() throws IOException, InterruptedException {
        Path garbage = Files.writeString(directory.resolve("garbage.pem"), "not a certificate");
        assertThat(probe(directory.resolve("unused.pem"), garbage)).contains("PEM");
    }

    private static String probe(@Nullable Path bundle, @Nullable Path configured)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                TrustProbe.class.getName(),
                server.endpoint().toString()));
        if (configured != null) {
            command.add(configured.toString());
        }
        return run(bundle, command.toArray(String[]::new));
    }

    @CanIgnoreReturnValue
    private static String run(@Nullable Path bundle, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove(TrustBundle.VARIABLE);
        if (bundle != null) {
            builder.environment().put(TrustBundle.VARIABLE, bundle.toString());
        }
        Path output = Files.createTempFile(directory, "output", ".txt");
        Process process = builder.redirectOutput(output.toFile()).start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + Files.readString(output));
        }
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).describedAs(printed).isZero();
        return printed;
    }
}
