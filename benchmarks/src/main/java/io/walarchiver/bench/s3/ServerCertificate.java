package io.walarchiver.bench.s3;

import io.walarchiver.bench.process.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A self-signed certificate for {@code 127.0.0.1}, made with the JDK's {@code keytool}.
 *
 * @param keyStore a PKCS #12 key store with the key, for the server
 * @param pem      the certificate in PEM, for clients to trust
 */
public record ServerCertificate(Path keyStore, Path pem) {

    /** Guards nothing: the key lives as long as one run and is good for loopback only. */
    private static final String PASSWORD = "loopback";

    /** Makes a certificate in {@code directory}. */
    public static ServerCertificate create(Path directory) throws IOException {
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Path keyStore = directory.resolve("server.p12");
        Path pem = directory.resolve("server.pem");
        ChildProcess.run(
                List.of(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "SAN=IP:127.0.0.1,DNS:localhost",
                        "-ext",
                        "BC=ca:true",
                        "-validity",
                        "30",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keyStore.toString(),
                        "-storepass",
                        PASSWORD),
                directory);
        ChildProcess.run(
                List.of(
                        keytool,
                        "-exportcert",
                        "-rfc",
                        "-alias",
                        "server",
                        "-keystore",
                        keyStore.toString(),
                        "-storepass",
                        PASSWORD,
                        "-file",
                        pem.toString()),
                directory);
        return new ServerCertificate(keyStore, pem);
    }

    /** What a server needs to speak TLS with the key in {@code keyStore}. */
    static SSLContext serverContext(Path keyStore) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keyStore)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }
}
