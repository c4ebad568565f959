package io.walarchiver.sidecar.settings;

import java.io.IOException;
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
}
