package io.walarchiver.sidecar.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PrivateKeysTest {

    private static final byte[] P256 = {0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x03, 0x01, 0x07};

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void keysInPkcs8AreRead(String algorithm) throws GeneralSecurityException {
        PrivateKey key =
                KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
        assertThat(read("PRIVATE KEY", key.getEncoded())).isEqualTo(key);
    }

    @Test
    void rsaKeyInPkcs1IsRead() throws GeneralSecurityException {
        PrivateKey key = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPrivate();
        assertThat(read("RSA PRIVATE KEY", pkcs1(key))).isEqualTo(key);
    }

    @Test
    void keyOnACurveInSec1IsReadBehindItsParameters() throws GeneralSecurityException {
        PrivateKey key = TestAuthority.keys().getPrivate();
        String text = TestAuthority.pem("EC PARAMETERS", P256) + TestAuthority.pem("EC PRIVATE KEY", sec1(key));
        assertThat(PrivateKeys.read(text.getBytes(StandardCharsets.US_ASCII)))
                .isInstanceOfSatisfying(
                        ECPrivateKey.class, read -> assertThat(read.getS()).isEqualTo(((ECPrivateKey) key).getS()));
    }

    @Test
    void cutOffKeyIsRefusedAtEveryLength() throws GeneralSecurityException {
        byte[] sec1 = sec1(TestAuthority.keys().getPrivate());
        for (int length = 0; length < sec1.length; length++) {
            byte[] cut = Arrays.copyOf(sec1, length);
            assertThatThrownBy(() -> read("EC PRIVATE KEY", cut)).isInstanceOf(GeneralSecurityException.class);
        }
    }

    @Test
    void whatIsWrongIsSaidWithoutTheKey() {
        assertThatThrownBy(() -> PrivateKeys.read("nothing".getBytes(StandardCharsets.US_ASCII)))
                .hasMessage("holds no private key in PEM");
        assertThatThrownBy(() -> read("ENCRYPTED PRIVATE KEY", new byte[] {1}))
                .hasMessageContaining("without a password");
        assertThatThrownBy(() -> read("PRIVATE KEY", new byte[] {1, 2, 3})).hasMessageContaining("neither RSA");
        assertThatThrownBy(() -> PrivateKeys.read("-----BEGIN PRIVATE KEY-----\nQUJ\n-----END PRIVATE KEY-----"
                        .getBytes(StandardCharsets.US_ASCII)))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageNotContaining("QUJ");
    }

    private static PrivateKey read(String label, byte[] bytes) throws GeneralSecurityException {
        return PrivateKeys.read(TestAuthority.pem(label, bytes).getBytes(StandardCharsets.US_ASCII));
    }

    /** What PKCS #8 of the JDK has in its last element, for a key of 2048 bits and more. */
    private static byte[] pkcs1(PrivateKey key) {
        byte[] encoded = key.getEncoded();
        // SEQUENCE with four bytes of head, version, algorithm of 15 bytes, OCTET STRING with four bytes of head.
        return Arrays.copyOfRange(encoded, 4 + 3 + 15 + 4, encoded.length);
    }

    private static byte[] sec1(PrivateKey key) {
        byte[] number = ((ECPrivateKey) key).getS().toByteArray();
        byte[] fixed = new byte[32];
        int from = Math.max(0, number.length - 32);
        System.arraycopy(number, from, fixed, 32 - (number.length - from), number.length - from);
        byte[] version = {0x02, 1, 1};
        byte[] secret = TestAuthority.tagged(0x04, fixed);
        byte[] curve = TestAuthority.tagged(0xa0, P256);
        byte[] all = Arrays.copyOf(version, version.length + secret.length + curve.length);
        System.arraycopy(secret, 0, all, version.length, secret.length);
        System.arraycopy(curve, 0, all, version.length + secret.length, curve.length);
        return TestAuthority.tagged(0x30, all);
    }
}
