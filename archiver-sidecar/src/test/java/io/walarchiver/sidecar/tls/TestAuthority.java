package io.walarchiver.sidecar.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;

/** Issues certificates for tests (RFC 5280), on the curve P-256. */
public final class TestAuthority {

    /** A certificate and its key. */
    public record Issued(X509Certificate certificate, PrivateKey key) {

        /** The certificate in PEM. */
        public String certificatePem() {
            return pem("CERTIFICATE", encoded(certificate));
        }

        /** The key in PEM, PKCS #8. */
        public String keyPem() {
            return pem("PRIVATE KEY", key.getEncoded());
        }
    }

    private static final AtomicLong SERIAL = new AtomicLong(1);
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final byte[] ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
    private static final int[] SERVER_AUTH = {0x2b, 6, 1, 5, 5, 7, 3, 1};
    private static final int[] CLIENT_AUTH = {0x2b, 6, 1, 5, 5, 7, 3, 2};

    private final Issued self;

    public TestAuthority(String name) {
        KeyPair keys = keys();
        self = new Issued(
                certificate(
                        name,
                        keys.getPublic(),
                        name,
                        keys.getPrivate(),
                        Instant.now().minus(Duration.ofHours(1)),
                        Instant.now().plus(Duration.ofDays(10)),
                        List.of(extension(oid(0x55, 0x1d, 0x13), true, sequence(new byte[] {1, 1, (byte) 0xff})))),
                keys.getPrivate());
    }

    /** The authority's own certificate. */
    public Issued self() {
        return self;
    }

    /** For a server with these DNS names, and the loopback address. */
    public Issued server(String... names) {
        return issue("server", Instant.now().plus(Duration.ofDays(1)), List.of(usage(SERVER_AUTH), names(names)));
    }

    /** For a client. */
    public Issued client(String name) {
        return issue(name, Instant.now().plus(Duration.ofDays(1)), List.of(usage(CLIENT_AUTH)));
    }

    /** For a client, ended a minute ago. */
    public Issued expiredClient(String name) {
        return issue(name, Instant.now().minus(Duration.ofMinutes(1)), List.of(usage(CLIENT_AUTH)));
    }

    /** For a client, issued by itself, as small installations have it. */
    public static Issued selfSignedClient(String name) {
        KeyPair keys = keys();
        return new Issued(
                certificate(
                        name,
                        keys.getPublic(),
                        name,
                        keys.getPrivate(),
                        Instant.now().minus(Duration.ofHours(1)),
                        Instant.now().plus(Duration.ofDays(1)),
                        List.of(usage(CLIENT_AUTH))),
                keys.getPrivate());
    }

    /** Text in PEM. */
    public static String pem(String label, byte[] bytes) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(bytes) + "\n-----END "
                + label + "-----\n";
    }

    static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Issued issue(String name, Instant end, List<byte[]> extensions) {
        KeyPair keys = keys();
        String issuer = self.certificate().getSubjectX500Principal().getName().substring("CN=".length());
        return new Issued(
                certificate(
                        name,
                        keys.getPublic(),
                        issuer,
                        self.key(),
                        Instant.now().minus(Duration.ofHours(1)),
                        end,
                        extensions),
                keys.getPrivate());
    }

    private static X509Certificate certificate(
            String subject,
            PublicKey key,
            String issuer,
            PrivateKey signing,
            Instant begin,
            Instant end,
            List<byte[]> extensions) {
        try {
            byte[] toSign = sequence(
                    tagged(0xa0, integer(2)),
                    integer(SERIAL.incrementAndGet()),
                    ECDSA_WITH_SHA256,
                    name(issuer),
                    sequence(time(begin), time(end)),
                    name(subject),
                    key.getEncoded(),
                    tagged(0xa3, sequence(extensions.toArray(new byte[0][]))));
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(signing);
            signature.update(toSign);
            byte[] encoded = sequence(toSign, ECDSA_WITH_SHA256, bits(signature.sign()));
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] name(String commonName) {
        return new X500Principal("CN=" + commonName).getEncoded();
    }

    private static byte[] time(Instant instant) {
        return tagged(0x17, UTC.format(instant).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] usage(int[] purpose) {
        return extension(oid(0x55, 0x1d, 0x25), false, sequence(oid(purpose)));
    }

    private static byte[] names(String... dnsNames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String name : dnsNames) {
            all.writeBytes(tagged(0x82, name.getBytes(StandardCharsets.US_ASCII)));
        }
        all.writeBytes(tagged(0x87, new byte[] {127, 0, 0, 1}));
        return extension(oid(0x55, 0x1d, 0x11), false, tagged(0x30, all.toByteArray()));
    }

    private static byte[] extension(byte[] id, boolean critical, byte[] value) {
        return critical
                ? sequence(id, new byte[] {1, 1, (byte) 0xff}, tagged(0x04, value))
                : sequence(id, tagged(0x04, value));
    }

    private static byte[] oid(int... content) {
        byte[] bytes = new byte[content.length];
        for (int i = 0; i < content.length; i++) {
            bytes[i] = (byte) content[i];
        }
        return tagged(0x06, bytes);
    }

    private static byte[] integer(long value) {
        return tagged(0x02, BigInteger.valueOf(value).toByteArray());
    }

    private static byte[] bits(byte[] content) {
        byte[] padded = new byte[content.length + 1];
        System.arraycopy(content, 0, padded, 1, content.length);
        return tagged(0x03, padded);
    }

    private static byte[] sequence(byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        return tagged(0x30, content.toByteArray());
    }

    static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length >= 0x100) {
            out.write(0x82);
            out.write(content.length >>> 8);
        } else if (content.length >= 0x80) {
            out.write(0x81);
        }
        out.write(content.length);
        out.writeBytes(content);
        return out.toByteArray();
    }
}
