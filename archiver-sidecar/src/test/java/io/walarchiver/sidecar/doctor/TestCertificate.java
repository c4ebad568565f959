package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate and its key, made by the JDK's own tool.
 *
 * @param certificate the certificate
 * @param key         in the form of PKCS #8
 */
record TestCertificate(X509Certificate certificate, byte[] key) {

    private static final String PASSWORD = "changeit";

    /**
     * Makes one.
     *
     * @param algorithm with its size, as in {@code EC:256}
     * @param usage     {@code serverAuth} or {@code clientAuth}
     * @param name      DNS name; empty for none
     * @param start     as in {@code 2026/08/01 00:00:00}
     */
    static TestCertificate make(String algorithm, String usage, String name, String start, int days) {
        try {
            Path directory = Files.createTempDirectory("doctor-certificate");
            Path store = directory.resolve("store.p12");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "it",
                    "-dname",
                    "CN=test",
                    "-keyalg",
                    algorithm.split(":", -1)[0],
                    "-keysize",
                    algorithm.split(":", -1)[1],
                    "-ext",
                    "eku=" + usage,
                    "-startdate",
                    start,
                    "-validity",
                    Integer.toString(days),
                    "-keystore",
                    store.toString(),
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    PASSWORD));
            if (!name.isEmpty()) {
                command.addAll(List.of("-ext", "san=dns:" + name));
            }
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError(Files.readString(directory.resolve("log")));
            }
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            Key key = keys.getKey("it", PASSWORD.toCharArray());
            X509Certificate certificate = (X509Certificate) keys.getCertificate("it");
            Files.delete(store);
            Files.delete(directory.resolve("log"));
            Files.delete(directory);
            return new TestCertificate(certificate, key.getEncoded());
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    String pem() {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    String keyPem() {
        return pem("PRIVATE KEY", key);
    }

    /** A Secret with both. */
    ObjectNode secret(String name) {
        ObjectNode secret = JsonNodeFactory.instance.objectNode();
        secret.put("apiVersion", "v1").put("kind", "Secret");
        secret.putObject("metadata").put("name", name).put("namespace", "cnpg-system");
        secret.putObject("data").put("tls.crt", base64(pem())).put("tls.key", base64(keyPem()));
        return secret;
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }
}
