package io.walarchiver.sidecar.settings;

import io.walarchiver.testing.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Store files for tests. */
public final class StoreFiles {

    private StoreFiles() {}

    /** A store in a directory, zstd. */
    public static Path inDirectory(Path parent, Path bucket) throws IOException {
        return Files.writeString(parent.resolve("store.yaml"), """
                apiVersion: barmancloud.cnpg.io/v1
                kind: ObjectStore
                metadata:
                  name: store
                spec:
                  configuration:
                    destinationPath: file://%s
                    wal:
                      compression: zstd
                      maxParallel: 2
                """.formatted(bucket.toAbsolutePath()));
    }

    /** A bucket of an S3 server, with its keys in a Secret. */
    public static Path inS3(Path parent, S3Server server) throws IOException {
        return inS3(parent, server, server.endpoint(), server.secretAccessKey());
    }

    /** The same bucket behind another door, or with another key. */
    public static Path inS3(Path parent, S3Server server, URI endpoint, String secretAccessKey) throws IOException {
        return Files.writeString(parent.resolve("store.yaml"), """
                apiVersion: barmancloud.cnpg.io/v1
                kind: ObjectStore
                metadata:
                  name: store
                spec:
                  configuration:
                    destinationPath: s3://%s/archive
                    endpointURL: %s
                    s3Credentials:
                      accessKeyId: {name: keys, key: id}
                      secretAccessKey: {name: keys, key: secret}
                      region: {name: keys, key: region}
                    wal:
                      compression: zstd
                      maxParallel: 2
                ---
                apiVersion: v1
                kind: Secret
                metadata:
                  name: keys
                stringData:
                  id: "%s"
                  secret: "%s"
                  region: "%s"
                """.formatted(
                server.bucket(), endpoint, server.accessKeyId(), secretAccessKey, server.region()));
    }
}
