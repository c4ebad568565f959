package io.walarchiver.sidecar.tls;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text with blocks in PEM (RFC 7468). What stands between the blocks is explanation. */
public final class Pem {

    /**
     * One block.
     *
     * @param label such as {@code CERTIFICATE}
     * @param bytes what it holds, decoded; the reader's
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Block(String label, byte[] bytes) {}

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----", Pattern.DOTALL);
    private static final String CERTIFICATE = "CERTIFICATE";

    private Pem() {}

    /**
     * All blocks, in their order.
     *
     * @throws GeneralSecurityException when one is not Base64
     */
    static List<Block> blocks(byte[] text) throws GeneralSecurityException {
        List<Block> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
        while (block.find()) {
            try {
                blocks.add(new Block(block.group(1), Base64.getMimeDecoder().decode(block.group(2))));
            } catch (IllegalArgumentException e) {
                throw new GeneralSecurityException("a block " + block.group(1) + " is not Base64", e);
            }
        }
        return blocks;
    }

    /**
     * All certificates, in their order; none when there is none.
     *
     * @throws GeneralSecurityException when one cannot be read
     */
    public static List<X509Certificate> certificates(byte[] text) throws GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(text)) {
            if (block.label().equals(CERTIFICATE)
                    && factory.generateCertificate(new ByteArrayInputStream(block.bytes()))
                            instanceof X509Certificate certificate) {
                certificates.add(certificate);
            }
        }
        return certificates;
    }

    /**
     * The only thing that a file is for is missing.
     *
     * @return an exception to throw
     */
    static CertificateException without(String what) {
        return new CertificateException("holds no " + what + " in PEM");
    }
}
