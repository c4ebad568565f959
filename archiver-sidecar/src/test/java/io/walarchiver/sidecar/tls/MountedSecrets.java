package io.walarchiver.sidecar.tls;

import io.walarchiver.sidecar.tls.TestAuthority.Issued;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/** The Secrets of the server and of its callers as the kubelet mounts them: files behind a link that is swapped as one. */
public final class MountedSecrets {

    private final Path server;
    private final Path client;
    private int versions;

    public MountedSecrets(Path directory) throws IOException {
        server = Files.createDirectories(directory.resolve("server"));
        client = Files.createDirectories(directory.resolve("client"));
    }

    public TlsFiles files() {
        return new TlsFiles(server.resolve("tls.crt"), server.resolve("tls.key"), client.resolve("tls.crt"));
    }

    /** What the server proves itself with. */
    public void server(Issued issued) {
        swap(server, Map.of("tls.crt", issued.certificatePem(), "tls.key", issued.keyPem()));
    }

    /** Whatever text for the server. */
    public void server(String certificate, String key) {
        swap(server, Map.of("tls.crt", certificate, "tls.key", key));
    }

    /** Whom it trusts: certificates in PEM. */
    public void trust(String certificates) {
        swap(client, Map.of("tls.crt", certificates));
    }

    private void swap(Path mount, Map<String, String> entries) {
        try {
            Path data = Files.createDirectory(mount.resolve("..version-" + versions++));
            for (Map.Entry<String, String> entry : new TreeMap<>(entries).entrySet()) {
                Files.writeString(data.resolve(entry.getKey()), entry.getValue());
                Path link = mount.resolve(entry.getKey());
                if (!Files.isSymbolicLink(link)) {
                    Files.createSymbolicLink(link, Path.of("..data", entry.getKey()));
                }
            }
            Path fresh = Files.createSymbolicLink(mount.resolve("..data_tmp"), data.getFileName());
            Files.move(fresh, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
