package io.walarchiver.sidecar.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.sidecar.tls.TestAuthority.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsReloadTest {

    @TempDir
    private Path directory;

    private final TestAuthority authority = new TestAuthority("authority");
    private final Issued first = authority.server("wal-archiver");
    private final AtomicInteger loaded = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private MountedSecrets secrets;
    private TlsReload reload;

    @BeforeEach
    void mount() throws IOException {
        secrets = new MountedSecrets(directory);
        reload = new TlsReload(secrets.files(), new TlsReload.Observer() {
            @Override
            public void loaded() {
                loaded.incrementAndGet();
            }

            @Override
            public void refused() {
                refused.incrementAndGet();
            }
        });
    }

    @Test
    void nothingIsThereUntilAllFilesAre() {
        reload.refresh();
        assertThat(reload.current()).isEmpty();
        assertThat(reload.trouble().orElseThrow()).contains("tls.crt does not exist");

        secrets.server(first);
        secrets.trust(authority.self().certificatePem());
        reload.refresh();
        reload.refresh();

        TlsMaterial material = reload.current().orElseThrow();
        assertThat(material.chain()).containsExactly(first.certificate());
        assertThat(material.trusted()).containsExactly(authority.self().certificate());
        assertThat(reload.trouble()).isEmpty();
        assertThat(loaded).hasValue(1);
        assertThat(refused).hasValue(1);
    }

    @Test
    void swappedLinksAreNoticed() {
        load();
        Issued second = authority.server("wal-archiver");
        secrets.server(second);
        reload.refresh();
        assertThat(reload.current().orElseThrow().chain()).containsExactly(second.certificate());
        assertThat(reload.serverCertificateEnds())
                .contains(second.certificate().getNotAfter().toInstant());
        assertThat(loaded).hasValue(2);
    }

    @Test
    void brokenMaterialLeavesWhatWasThere() throws IOException {
        load();
        TlsMaterial good = reload.current().orElseThrow();

        secrets.server(
                first.certificatePem(), TestAuthority.selfSignedClient("x").keyPem());
        reload.refresh();
        assertThat(reload.trouble().orElseThrow()).contains("tls.key is not the key of the first certificate");
        assertThat(reload.current()).containsSame(good);

        secrets.server("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", first.keyPem());
        reload.refresh();
        assertThat(reload.trouble().orElseThrow()).contains("tls.crt");

        secrets.server(first);
        secrets.trust("not a certificate");
        reload.refresh();
        assertThat(reload.trouble().orElseThrow()).contains("client/tls.crt holds no certificate");

        Files.delete(secrets.files().key());
        reload.refresh();
        assertThat(reload.trouble().orElseThrow()).contains("tls.key does not exist");
        assertThat(reload.current()).containsSame(good);
        assertThat(loaded).hasValue(1);
        assertThat(refused).hasValue(4);
    }

    @Test
    void sameTroubleIsToldOnce() {
        load();
        secrets.trust("");
        reload.refresh();
        reload.refresh();
        assertThat(refused).hasValue(1);

        secrets.trust(authority.self().certificatePem());
        reload.refresh();
        assertThat(reload.trouble()).isEmpty();
        secrets.trust("");
        reload.refresh();
        assertThat(refused).hasValue(2);
    }

    @Test
    void onlyWhoIssuedTheCertificateIsSentAlong() {
        TestAuthority before = new TestAuthority("authority before");
        secrets.server(
                "Subject: wal-archiver\n" + first.certificatePem()
                        + before.self().certificatePem() + authority.self().certificatePem(),
                first.keyPem());
        secrets.trust(before.self().certificatePem() + authority.self().certificatePem());
        reload.refresh();

        TlsMaterial material = reload.current().orElseThrow();
        assertThat(material.chain())
                .containsExactly(first.certificate(), authority.self().certificate());
        assertThat(material.trusted()).hasSize(2);
    }

    private void load() {
        secrets.server(first);
        secrets.trust(authority.self().certificatePem());
        reload.refresh();
        assertThat(reload.trouble()).isEmpty();
    }
}
