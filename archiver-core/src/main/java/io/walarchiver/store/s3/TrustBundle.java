package io.walarchiver.store.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The file that the CRT takes its trusted CAs from. The CRT client has no setting for them: it reads the file named by
 * the environment variable {@code SSL_CERT_FILE} each time a client is built, and a process cannot change its own
 * environment. So whoever starts the process names a file that the process may write, and we fill it.
 *
 * <p>One file serves the whole process: a CA configured for one store is trusted for all stores.
 */
final class TrustBundle {

    static final String VARIABLE = "SSL_CERT_FILE";

    private static final String OURS = "# Written by wal-archiver; changes are lost.\n";

    /** Where distributions keep the CAs of the system, as one PEM file. */
    private static final List<Path> SYSTEM = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));

    private static final Set<String> CONFIGURED = new LinkedHashSet<>();

    private final @Nullable Path file;

    TrustBundle(@Nullable Path file) {
        this.file = file;
    }

    static TrustBundle ofEnvironment() {
        String name = System.getenv(VARIABLE);
        return new TrustBundle(name == null || name.isBlank() ? null : Path.of(name));
    }

    /** Makes clients built from now on trust the system's CAs and all that were given here so far. */
    void trust(Optional<String> pem) {
        pem.ifPresent(TrustBundle::check);
        if (file == null) {
            if (pem.isPresent()) {
                throw new IllegalStateException("a CA is configured, but the environment variable " + VARIABLE
                        + " is not set; start the program with it naming a file that the program may create");
            }
            return;
        }
        synchronized (CONFIGURED) {
            pem.ifPresent(CONFIGURED::add);
            if (pem.isPresent() || !Files.exists(file)) {
                write(file);
            }
        }
    }

    private static void write(Path file) {
        try {
            if (Files.exists(file) && !isOurs(file)) {
                throw new IllegalStateException("a CA is configured, but the file that " + VARIABLE + " names, " + file
                        + ", was not written by this program; name a file that does not exist yet");
            }
            StringBuilder bundle = new StringBuilder(OURS).append(system());
            CONFIGURED.forEach(pem -> bundle.append('\n').append(pem));
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(fresh, bundle.append('\n'));
            Path unused = Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "cannot write the trusted CAs to " + file + ", which " + VARIABLE + " names: " + e, e);
        }
    }

    private static boolean isOurs(Path file) throws IOException {
        String content = Files.readString(file);
        return content.isBlank() || content.startsWith(OURS);
    }

    private static void check(String pem) {
        try {
            if (CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))
                    .isEmpty()) {
                throw new IllegalArgumentException("the CA bundle holds no certificate in PEM form");
            }
        } catch (CertificateException e) {
            throw new IllegalArgumentException("the CA bundle is not a list of certificates in PEM form", e);
        }
    }

    private static String system() throws IOException {
        for (Path candidate : SYSTEM) {
            if (Files.isReadable(candidate)) {
                return Files.readString(candidate);
            }
        }
        return ofJavaRuntime();
    }

    /** The CAs that come with the Java runtime, for images without a system bundle. */
    private static String ofJavaRuntime() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            StringBuilder bundle = new StringBuilder();
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager trust) {
                    for (X509Certificate certificate : trust.getAcceptedIssuers()) {
                        bundle.append("-----BEGIN CERTIFICATE-----\n")
                                .append(Base64.getMimeEncoder(64, new byte[] {'\n'})
                                        .encodeToString(certificate.getEncoded()))
                                .append("\n-----END CERTIFICATE-----\n");
                    }
                }
            }
            return bundle.toString();
        } catch (GeneralSecurityException e) {
            throw new UncheckedIOException(new IOException("the trusted CAs of the Java runtime are unreadable", e));
        }
    }
}
