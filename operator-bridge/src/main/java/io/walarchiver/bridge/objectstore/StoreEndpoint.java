package io.walarchiver.bridge.objectstore;

import static io.walarchiver.bridge.objectstore.StoreRules.CONFIGURATION;

import io.walarchiver.bridge.objectstore.ObjectStoreSpec.Configuration;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Optional;

/**
 * Where the store answers, and whom to believe that it is the store.
 *
 * @param address      empty for Amazon's own
 * @param certificates PEM; empty for the system's only
 */
record StoreEndpoint(Optional<URI> address, Optional<String> certificates) {

    static StoreEndpoint resolve(Configuration configuration, SecretResolver secrets, Problems problems) {
        Optional<URI> address = configuration.endpointURL().flatMap(text -> address(text, problems));
        Optional<String> certificates = secrets.resolve(configuration.endpointCA(), CONFIGURATION + ".endpointCA")
                .map(SecretText::reveal)
                .flatMap(pem -> certificates(pem, problems));
        return new StoreEndpoint(address, certificates);
    }

    private static Optional<URI> address(String text, Problems problems) {
        String path = CONFIGURATION + ".endpointURL";
        URI address;
        try {
            address = new URI(text);
        } catch (URISyntaxException e) {
            // The text is not quoted: it may hold a password.
            problems.add(path, "is not an address: expected http://host:port or https://host:port");
            return Optional.empty();
        }
        boolean web = "http".equalsIgnoreCase(address.getScheme()) || "https".equalsIgnoreCase(address.getScheme());
        if (!web || address.getHost() == null) {
            problems.add(path, "is not an address: expected http://host:port or https://host:port");
            return Optional.empty();
        }
        if (address.getUserInfo() != null || address.getQuery() != null || address.getFragment() != null) {
            problems.add(path, "must not hold a user, a query or a fragment; credentials belong in s3Credentials");
            return Optional.empty();
        }
        return Optional.of(address);
    }

    private static Optional<String> certificates(String pem, Problems problems) {
        try {
            int count = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))
                    .size();
            if (count > 0) {
                return Optional.of(pem);
            }
        } catch (CertificateException e) {
            // Falls through: what the parser says about a broken PEM helps nobody.
        }
        problems.add(CONFIGURATION + ".endpointCA", "is not a PEM file of certificates");
        return Optional.empty();
    }
}
