package io.walarchiver.sidecar.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets in who shows one of the trusted certificates, or one that was issued with one of them, for use by clients. */
public final class CallerTrust extends X509ExtendedTrustManager {

    private static final Logger LOG = LoggerFactory.getLogger(CallerTrust.class);

    private final X509ExtendedTrustManager path;
    private final Runnable refused;

    private CallerTrust(X509ExtendedTrustManager path, Runnable refused) {
        this.path = path;
        this.refused = refused;
    }

    /**
     * Trusts all of these, whether they are of authorities or not.
     *
     * @param refused runs for each caller that is turned away
     */
    public static CallerTrust in(List<X509Certificate> trusted, Runnable refused) {
        try {
            KeyStore anchors = KeyStore.getInstance("PKCS12");
            anchors.load(null, null);
            for (int i = 0; i < trusted.size(); i++) {
                anchors.setCertificateEntry("trusted-" + i, trusted.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(anchors);
            for (TrustManager candidate : factory.getTrustManagers()) {
                if (candidate instanceof X509ExtendedTrustManager path) {
                    return new CallerTrust(path, refused);
                }
            }
            throw new IllegalStateException("this Java runtime cannot check certificates");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("cannot set up the check of certificates", e);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, () -> path.checkClientTrusted(chain, authType, engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, () -> path.checkClientTrusted(chain, authType, socket));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain, () -> path.checkClientTrusted(chain, authType));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw serversAreNotAsked();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw serversAreNotAsked();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw serversAreNotAsked();
    }

    /**
     * None: a caller that is told whom we trust, and whose certificate we trust itself and not who issued it, would not send
     * its certificate at all.
     */
    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }

    private void check(X509Certificate[] chain, Check check) throws CertificateException {
        try {
            // The check of the path takes a certificate that is trusted itself for good for ever.
            chain[0].checkValidity();
            check.run();
        } catch (CertificateException e) {
            refused.run();
            LOG.warn(
                    "a caller with the certificate {} is turned away: {}",
                    chain[0].getSubjectX500Principal().getName(),
                    e.getMessage());
            throw e;
        }
    }

    private static CertificateException serversAreNotAsked() {
        return new CertificateException("only callers are checked here");
    }

    @FunctionalInterface
    private interface Check {
        void run() throws CertificateException;
    }
}
