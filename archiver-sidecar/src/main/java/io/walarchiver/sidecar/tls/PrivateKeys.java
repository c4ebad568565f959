package io.walarchiver.sidecar.tls;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;

/**
 * Private keys in PEM. The JDK reads PKCS #8 only; cert-manager writes RSA keys as PKCS #1 and keys on curves as SEC 1 unless
 * it is told otherwise, and so does Helm. Both are an inner part of PKCS #8, which is put around them here (RFC 8017 A.1.2,
 * RFC 5915, RFC 5208).
 */
public final class PrivateKeys {

    private static final List<String> PKCS8_ALGORITHMS = List.of("EC", "RSA", "Ed25519");

    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int SEQUENCE = 0x30;
    private static final int PARAMETERS = 0xa0;

    private static final byte[] VERSION_0 = {INTEGER, 1, 0};

    /** {@code rsaEncryption} without parameters. */
    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };

    /** {@code id-ecPublicKey}. */
    private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};

    private PrivateKeys() {}

    /**
     * The first private key of a text.
     *
     * @throws GeneralSecurityException when there is none, or it cannot be read; the message does not quote it
     */
    public static PrivateKey read(byte[] text) throws GeneralSecurityException {
        for (Pem.Block block : Pem.blocks(text)) {
            switch (block.label()) {
                case "PRIVATE KEY":
                    return pkcs8(block.bytes());
                case "RSA PRIVATE KEY":
                    return key("RSA", wrapped(RSA, block.bytes()));
                case "EC PRIVATE KEY":
                    byte[] algorithm = tagged(SEQUENCE, joined(EC, curve(block.bytes())));
                    return key("EC", wrapped(algorithm, block.bytes()));
                case "ENCRYPTED PRIVATE KEY":
                    throw new InvalidKeyException("holds an encrypted private key: write it without a password");
                default:
                // Parameters of a curve, or a certificate.
            }
        }
        throw Pem.without("private key");
    }

    /** What a key has signed, its certificate can verify. Two files that are replaced one after the other may not fit. */
    public static boolean fits(PrivateKey key, X509Certificate certificate) {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "Ed25519";
                };
        try {
            byte[] message = certificate.getTBSCertificate();
            Signature signing = Signature.getInstance(algorithm);
            signing.initSign(key);
            signing.update(message);
            byte[] signature = signing.sign();
            Signature verifying = Signature.getInstance(algorithm);
            verifying.initVerify(certificate.getPublicKey());
            verifying.update(message);
            return verifying.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static PrivateKey pkcs8(byte[] encoded) throws GeneralSecurityException {
        for (String algorithm : PKCS8_ALGORITHMS) {
            try {
                return key(algorithm, encoded);
            } catch (InvalidKeySpecException e) {
                // Of another algorithm.
            }
        }
        throw new InvalidKeyException("holds a private key that is neither RSA, EC nor Ed25519");
    }

    private static PrivateKey key(String algorithm, byte[] encoded) throws GeneralSecurityException {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    private static byte[] wrapped(byte[] algorithm, byte[] key) {
        return tagged(SEQUENCE, joined(VERSION_0, algorithm, tagged(OCTET_STRING, key)));
    }

    /** The name of the curve, which PKCS #8 has outside of the key, and SEC 1 within. */
    private static byte[] curve(byte[] sec1) throws GeneralSecurityException {
        Der key = new Der(sec1).enter(SEQUENCE);
        while (key.hasMore()) {
            int tag = key.tag();
            byte[] content = key.content();
            if (tag == PARAMETERS) {
                return content;
            }
        }
        throw new InvalidKeyException("holds a key that does not name its curve");
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length >= 0x80) {
            int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
            out.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                out.write(content.length >>> (8 * i));
            }
        } else {
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Elements of DER, one after the other (ITU-T X.690). */
    private static final class Der {

        private final byte[] bytes;
        private int at;

        Der(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean hasMore() {
            return at < bytes.length;
        }

        int tag() throws InvalidKeyException {
            require(1);
            return bytes[at] & 0xff;
        }

        Der enter(int tag) throws InvalidKeyException {
            if (tag() != tag) {
                throw new InvalidKeyException("holds a private key that is not valid DER");
            }
            return new Der(content());
        }

        /** Of the next element, which is passed. */
        byte[] content() throws InvalidKeyException {
            at++;
            require(1);
            int length = bytes[at++] & 0xff;
            if (length > 0x82) {
                throw new InvalidKeyException("holds a private key that is too long for one");
            }
            if (length >= 0x80) {
                int count = length & 0x7f;
                require(count);
                length = 0;
                for (int i = 0; i < count; i++) {
                    length = length << 8 | bytes[at++] & 0xff;
                }
            }
            require(length);
            at += length;
            return Arrays.copyOfRange(bytes, at - length, at);
        }

        private void require(int count) throws InvalidKeyException {
            if (bytes.length - at < count) {
                throw new InvalidKeyException("holds a private key that is cut off");
            }
        }
    }
}
