package io.walarchiver.sidecar.cli;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreDocument;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.StoreFile;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which archive: the options that most commands share. */
final class ArchiveOptions {

    @Option(
            names = "--store",
            required = true,
            paramLabel = "FILE",
            description = "YAML file with an ObjectStore and the Secrets it names; may hold several ObjectStores")
    Path store = Path.of("");

    @Option(
            names = "--store-name",
            paramLabel = "NAME",
            description = "which ObjectStore of the file holds the archive; default is the first")
    @Nullable
    String storeName;

    @Option(
            names = "--server",
            required = true,
            paramLabel = "NAME",
            description = "name of the server in the archive, for example orders-db")
    String server = "";

    /** Reads and checks both. */
    StoreConfiguration read(Problems problems) {
        Optional<StoreConfiguration> configuration = StoreFile.read(store, problems)
                .flatMap(file -> file.choose(Optional.ofNullable(storeName), problems))
                .map(StoreDocument::configuration);
        StoreFile.checkServerName(server, problems);
        problems.throwIfAny();
        return configuration.orElseThrow();
    }
}
