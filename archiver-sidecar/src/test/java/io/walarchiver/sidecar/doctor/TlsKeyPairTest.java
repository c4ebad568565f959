package io.walarchiver.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys in the forms in which cert-manager, Helm and people write them. */
@Timeout(60)
class TlsKeyPairTest {

    /** Version, algorithm and parameters of an RSA key of 2048 bits, and the head of what follows. */
    private static final int RSA_HEAD = 26;

    /** The same of a key on the curve P-256. */
    private static final int EC_HEAD = 28;

    private static final TestCertificate RSA = FakeApi.CLIENT;
    private static final TestCertificate EC = FakeApi.SERVER;

    @Test
    void keyOfTheCertificateIsRecognisedInEveryForm() {
        String rsa = TestCertificate.pem("RSA PRIVATE KEY", tail(RSA, RSA_HEAD));
        String ec = TestCertificate.pem("EC PRIVATE KEY", withCurve(tail(EC, EC_HEAD)));

        assertThat(TlsKeyPair.mismatch(RSA.certificate(), TestCertificate.base64(RSA.keyPem())))
                .isEmpty();
        assertThat(TlsKeyPair.mismatch(EC.certificate(), TestCertificate.base64(EC.keyPem())))
                .isEmpty();
        assertThat(TlsKeyPair.mismatch(RSA.certificate(), TestCertificate.base64(rsa)))
                .isEmpty();
        assertThat(TlsKeyPair.mismatch(EC.certificate(), TestCertificate.base64(ec)))
                .isEmpty();
    }

    @Test
    void otherKeysAreNot() {
        TestCertificate other =
                TestCertificate.make("EC:256", "serverAuth", "wal-archiver", "2020/01/01 00:00:00", 9000);
        String cut = TestCertificate.pem("EC PRIVATE KEY", Arrays.copyOf(EC.key(), 40));

        for (String key : new String[] {other.keyPem(), RSA.keyPem()}) {
            assertThat(TlsKeyPair.mismatch(EC.certificate(), TestCertificate.base64(key)))
                    .hasValue("tls.key is not the key of tls.crt");
        }
        for (String key : new String[] {"", "none", "&&&", TestCertificate.base64(cut)}) {
            assertThat(TlsKeyPair.mismatch(EC.certificate(), key))
                    .hasValueSatisfying(why -> assertThat(why).contains("missing"));
        }
    }

    @Test
    void chainIsReadInOrderAndWhatIsNoCertificateIsToldApart() throws GeneralSecurityException {
        assertThat(TlsKeyPair.certificates(TestCertificate.base64(EC.pem() + RSA.pem())))
                .containsExactly(EC.certificate(), RSA.certificate());
        for (String text :
                new String[] {"", "&&&", TestCertificate.base64("none"), TestCertificate.base64(EC.keyPem())}) {
            assertThatThrownBy(() -> TlsKeyPair.certificates(text)).isInstanceOf(GeneralSecurityException.class);
        }
    }

    /** The JDK leaves the name of the curve out, since it stands outside; others who write this form do not. */
    private static byte[] withCurve(byte[] key) {
        byte[] curve = {(byte) 0xa0, 10, 6, 8, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 3, 1, 7};
        byte[] complete = Arrays.copyOf(key, key.length + curve.length);
        System.arraycopy(curve, 0, complete, key.length, curve.length);
        complete[1] += (byte) curve.length;
        return complete;
    }

    private static byte[] tail(TestCertificate of, int head) {
        return Arrays.copyOfRange(of.key(), head, of.key().length);
    }
}
