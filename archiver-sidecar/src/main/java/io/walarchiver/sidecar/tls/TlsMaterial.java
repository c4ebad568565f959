package io.walarchiver.sidecar.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a server proves itself with, and whom it trusts.
 *
 * @param key     fits the first certificate of {@code chain}
 * @param chain   its own certificate, then who issued it, as far as known
 * @param trusted at least one
 */
public record TlsMaterial(PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trusted) {

    /** Something is wrong with a file; the message says with which. Never quotes it. */
    public static final class UnusableException extends Exception {

        private static final long serialVersionUID = 1L;

        UnusableException(Path file, String what) {
            super(file + " " + what, null, false, false);
        }
    }

    /** The files as they were read, for comparison. */
    @SuppressWarnings("ArrayRecordComponent") // compared by isSameAs
    record Content(byte[] certificate, byte[] key, byte[] trusted) {

        static Content read(TlsFiles files) throws UnusableException {
            return new Content(bytes(files.certificate()), bytes(files.key()), bytes(files.trustedCallers()));
        }

        private static byte[] bytes(Path file) throws UnusableException {
            try {
                return Files.readAllBytes(file);
            } catch (NoSuchFileException e) {
                throw new UnusableException(file, "does not exist; look whether the Secret is there and has this key");
            } catch (IOException e) {
                throw new UnusableException(
                        file, "cannot be read (" + e.getClass().getSimpleName() + ")");
            }
        }

        boolean isSameAs(Content other) {
            return Arrays.equals(certificate, other.certificate)
                    && Arrays.equals(key, other.key)
                    && Arrays.equals(trusted, other.trusted);
        }
    }

    /** Copies. */
    public TlsMaterial {
        chain = List.copyOf(chain);
        trusted = List.copyOf(trusted);
        if (chain.isEmpty() || trusted.isEmpty()) {
            throw new IllegalArgumentException("a certificate and somebody to trust are needed");
        }
    }

    /**
     * Reads the files; blocks.
     *
     * @throws UnusableException when one is missing or holds something else, or key and certificate do not fit
     */
    public static TlsMaterial read(TlsFiles files) throws UnusableException {
        return of(files, Content.read(files));
    }

    static TlsMaterial of(TlsFiles files, Content content) throws UnusableException {
        List<X509Certificate> own = certificates(files.certificate(), content.certificate());
        PrivateKey key;
        try {
            key = PrivateKeys.read(content.key());
        } catch (GeneralSecurityException e) {
            throw new UnusableException(files.key(), String.valueOf(e.getMessage()));
        }
        if (!PrivateKeys.fits(key, own.get(0))) {
            throw new UnusableException(
                    files.key(), "is not the key of the first certificate in " + files.certificate());
        }
        return new TlsMaterial(key, chain(own), certificates(files.trustedCallers(), content.trusted()));
    }

    private static List<X509Certificate> certificates(Path file, byte[] content) throws UnusableException {
        try {
            List<X509Certificate> certificates = Pem.certificates(content);
            if (certificates.isEmpty()) {
                throw Pem.without("certificate");
            }
            return certificates;
        } catch (GeneralSecurityException e) {
            throw new UnusableException(file, String.valueOf(e.getMessage()));
        }
    }

    /** The first certificate and who issued it. The file may hold more: those of callers that are to be trusted. */
    private static List<X509Certificate> chain(List<X509Certificate> all) {
        List<X509Certificate> chain = new ArrayList<>();
        Optional<X509Certificate> next = Optional.of(all.get(0));
        while (next.isPresent()) {
            X509Certificate last = next.orElseThrow();
            chain.add(last);
            next = all.stream()
                    .filter(candidate -> candidate.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
                    .filter(candidate -> !chain.contains(candidate))
                    .findFirst();
        }
        return chain;
    }
}
