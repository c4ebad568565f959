package io.walarchiver.sidecar.doctor;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as they stand in a Secret: PEM, in base64. */
final class TlsKeyPair {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final byte[] PROBE = "wal-archiver".getBytes(StandardCharsets.US_ASCII);

    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;
    private static final byte[] VERSION_0 = {2, 1, 0};

    private TlsKeyPair() {}

    /** The certificates of {@code tls.crt}, at least one. */
    static List<X509Certificate> certificates(String base64) throws CertificateException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Certificate certificate : CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(decode(base64)))) {
            certificates.add((X509Certificate) certificate);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("no certificate");
        }
        return certificates;
    }

    /** Why {@code tls.key} is not the key of the certificate. */
    static Optional<String> mismatch(X509Certificate certificate, String base64) {
        String text;
        try {
            text = new String(decode(base64), StandardCharsets.US_ASCII);
        } catch (CertificateException e) {
            text = "";
        }
        Matcher pem = KEY.matcher(text);
        if (!pem.find()) {
            return Optional.of("tls.key is missing or holds no private key");
        }
        PublicKey publicKey = certificate.getPublicKey();
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(pem.group(2));
            byte[] wrapped = pem.group(1).equals("PRIVATE KEY") ? encoded : wrapped(encoded, publicKey.getEncoded());
            PrivateKey key =
                    KeyFactory.getInstance(publicKey.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(wrapped));
            String algorithm =
                    switch (publicKey.getAlgorithm()) {
                        case "RSA" -> "SHA256withRSA";
                        case "EC" -> "SHA256withECDSA";
                        default -> publicKey.getAlgorithm();
                    };
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(PROBE);
            return signature.verify(signed) ? Optional.empty() : Optional.of("tls.key is not the key of tls.crt");
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.of("tls.key is not the key of tls.crt");
        }
    }

    /**
     * A key in the form of its algorithm (RFC 8017, RFC 5915) in the form for all algorithms (RFC 5208). Which algorithm it
     * is, with its parameters, stands in the public key in the same form.
     */
    private static byte[] wrapped(byte[] key, byte[] publicKeyInfo) {
        int algorithm = 1 + lengthBytes(publicKeyInfo, 1);
        int end = algorithm + 1 + lengthBytes(publicKeyInfo, algorithm + 1) + length(publicKeyInfo, algorithm + 1);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(VERSION_0);
        content.write(publicKeyInfo, algorithm, end - algorithm);
        content.writeBytes(element(OCTETS, key));
        return element(SEQUENCE, content.toByteArray());
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (content.length < 0x80) {
            element.write(content.length);
        } else {
            element.write(0x82);
            element.write(content.length >> 8);
            element.write(content.length);
        }
        element.writeBytes(content);
        return element.toByteArray();
    }

    /** How many bytes say the length at a place. */
    private static int lengthBytes(byte[] der, int at) {
        return (der[at] & 0x80) == 0 ? 1 : 1 + (der[at] & 0x7f);
    }

    private static int length(byte[] der, int at) {
        int first = der[at] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 1; i <= (first & 0x7f); i++) {
            length = length << 8 | der[at + i] & 0xff;
        }
        return length;
    }

    private static byte[] decode(String base64) throws CertificateException {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new CertificateException("not base64", e);
        }
    }
}
