package io.walarchiver.bridge.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Certificates made by the chart itself: that they fit, that upgrades keep them, and how they are renewed. */
@Timeout(120)
final class GeneratedCertificatesTest {

    private static final String GENERATED = "certificates: {mode: generated}";

    private static final String RENEWED = "certificates: {mode: generated, generated: {renewal: key was lost}}";

    private FakeCluster cluster;

    @BeforeEach
    void start() throws IOException {
        Chart.assumeHelm();
        cluster = new FakeCluster();
    }

    @AfterEach
    void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void bothSidesTrustEachOther() throws GeneralSecurityException {
        Chart.Objects objects = cluster.render(GENERATED);
        List<X509Certificate> server = certificates(objects, "wal-archiver-server-tls");
        List<X509Certificate> client = certificates(objects, "wal-archiver-client-tls");

        // Each Secret holds the certificate and who issued it, and is what the other side trusts.
        assertThat(server).hasSize(2);
        assertThat(client).hasSize(2);
        assertThat(server.get(1)).isEqualTo(client.get(1));
        assertThat(server.get(1).getBasicConstraints()).isNotNegative();
        validate(server.get(0), server);
        validate(client.get(0), client);
    }

    @Test
    void namesAndUsagesAreThoseOfTheirSides() throws GeneralSecurityException {
        Chart.Objects objects = cluster.render(GENERATED);
        X509Certificate server =
                certificates(objects, "wal-archiver-server-tls").get(0);
        X509Certificate client =
                certificates(objects, "wal-archiver-client-tls").get(0);

        assertThat(server.getSubjectAlternativeNames())
                .extracting(name -> (Object) name.get(1))
                .containsExactly("wal-archiver", "wal-archiver.cnpg-system", "wal-archiver.cnpg-system.svc");
        assertThat(server.getExtendedKeyUsage()).contains("1.3.6.1.5.5.7.3.1");
        assertThat(client.getExtendedKeyUsage()).contains("1.3.6.1.5.5.7.3.2");
        assertThat(Duration.between(Instant.now(), server.getNotAfter().toInstant()))
                .isBetween(Duration.ofDays(1824), Duration.ofDays(1825));
    }

    @Test
    void upgradeKeepsThem() {
        Chart.Objects first = installed();

        assertThat(data(cluster.render(GENERATED))).isEqualTo(data(first));
        assertThat(data(cluster.render(GENERATED + "\nreplicaCount: 3"))).isEqualTo(data(first));
    }

    @Test
    void oldOnesAreRenewedUnderTheSameAuthority() throws GeneralSecurityException {
        Chart.Objects first = installed();
        long soon = Instant.now().plus(Duration.ofDays(364)).getEpochSecond();
        JsonNode secret = first.named("Secret", "wal-archiver-server-tls");
        annotations(secret).put("walarchiver.io/valid-until", Long.toString(soon));
        cluster.install(secret);

        Chart.Objects second = cluster.render(GENERATED);

        List<X509Certificate> before = certificates(first, "wal-archiver-server-tls");
        List<X509Certificate> after = certificates(second, "wal-archiver-server-tls");
        assertThat(after.get(0)).isNotEqualTo(before.get(0));
        assertThat(certificates(second, "wal-archiver-client-tls").get(0))
                .isNotEqualTo(certificates(first, "wal-archiver-client-tls").get(0));
        assertThat(after.get(1)).isEqualTo(before.get(1));
        // Who has not read the new Secret yet trusts the new certificate, and the other way round.
        validate(after.get(0), before);
        validate(before.get(0), after);
    }

    @Test
    void renewalCanBeAskedForOnce() {
        Chart.Objects first = installed();

        Chart.Objects second = cluster.render(RENEWED);
        second.ofKind("Secret").forEach(cluster::install);

        assertThat(data(second)).isNotEqualTo(data(first));
        assertThat(data(cluster.render(RENEWED))).isEqualTo(data(second));
    }

    @Test
    void anotherNameOfTheServiceNeedsAnotherCertificate() throws GeneralSecurityException {
        var unused = installed();

        assertThat(certificates(cluster.render(GENERATED + "\nservice: {name: other}"), "wal-archiver-server-tls")
                        .get(0)
                        .getSubjectAlternativeNames())
                .extracting(name -> (Object) name.get(1))
                .contains("other");
    }

    @Test
    void authorityThatWouldNotOutliveItsCertificatesIsReplaced() {
        Chart.Objects first = installed();
        JsonNode authority = first.named("Secret", "wal-archiver-ca");
        annotations(authority)
                .put(
                        "walarchiver.io/valid-until",
                        Long.toString(Instant.now().plus(Duration.ofDays(1800)).getEpochSecond()));
        cluster.install(authority);
        cluster.install(aged(first.named("Secret", "wal-archiver-server-tls")));

        Chart.Objects second = cluster.render(GENERATED);

        assertThat(certificates(second, "wal-archiver-ca")).isNotEqualTo(certificates(first, "wal-archiver-ca"));
        validate(certificates(second, "wal-archiver-server-tls").get(0), certificates(second, "wal-archiver-ca"));
    }

    @Test
    void strangeSecretsOfThatNameAreNotTrusted() {
        Chart.Objects first = installed();
        JsonNode secret = first.named("Secret", "wal-archiver-server-tls");
        ((ObjectNode) secret.path("metadata")).remove("annotations");
        cluster.install(secret);

        assertThat(data(cluster.render(GENERATED))).isNotEqualTo(data(first));
    }

    private Chart.Objects installed() {
        Chart.Objects objects = cluster.render(GENERATED);
        objects.ofKind("Secret").forEach(cluster::install);
        return objects;
    }

    private static JsonNode aged(JsonNode secret) {
        annotations(secret).put("walarchiver.io/valid-until", "0");
        return secret;
    }

    private static ObjectNode annotations(JsonNode secret) {
        return (ObjectNode) secret.at("/metadata/annotations");
    }

    private static Set<String> data(Chart.Objects objects) {
        Set<String> data = new HashSet<>();
        objects.ofKind("Secret").forEach(secret -> data.add(secret.path("data").toString()));
        assertThat(data).hasSize(3);
        return data;
    }

    private static List<X509Certificate> certificates(Chart.Objects objects, String secret) {
        byte[] pem = Base64.getDecoder()
                .decode(objects.named("Secret", secret)
                        .path("data")
                        .get("tls.crt")
                        .asText());
        try {
            return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Both the operator and the plugin take every certificate of a Secret for one they trust. */
    private static void validate(X509Certificate certificate, List<X509Certificate> trusted) {
        try {
            Set<TrustAnchor> anchors = new HashSet<>();
            trusted.forEach(anchor -> anchors.add(new TrustAnchor(anchor, null)));
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX")
                    .validate(
                            CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate)), parameters);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
