package io.walarchiver.sidecar.doctor;

import io.walarchiver.sidecar.tls.Pem;
import io.walarchiver.sidecar.tls.PrivateKeys;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Certificates and keys as they stand in a Secret: PEM, in base64. */
final class TlsKeyPair {

    private TlsKeyPair() {}

    /** The certificates of {@code tls.crt}, at least one. */
    static List<X509Certificate> certificates(String base64) throws GeneralSecurityException {
        List<X509Certificate> certificates = Pem.certificates(decode(base64));
        if (certificates.isEmpty()) {
            throw new CertificateException("no certificate");
        }
        return certificates;
    }

    /** Why {@code tls.key} is not the key of the certificate. */
    static Optional<String> mismatch(X509Certificate certificate, String base64) {
        PrivateKey key;
        try {
            key = PrivateKeys.read(decode(base64));
        } catch (GeneralSecurityException e) {
            return Optional.of("tls.key is missing or " + e.getMessage());
        }
        return PrivateKeys.fits(key, certificate) ? Optional.empty() : Optional.of("tls.key is not the key of tls.crt");
    }

    private static byte[] decode(String base64) throws CertificateException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new CertificateException("is not base64", e);
        }
    }
}
