package io.walarchiver.sidecar.cli;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.StoreFile;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which archive: the options that most commands share. */
final class ArchiveOptions {

    @Option(
            names = "--store",
            required = true,
            paramLabel = "FILE",
            description = "YAML file with an ObjectStore and the Secrets it names")
    Path store = Path.of("");

    @Option(
            names = "--server",
            required = true,
            paramLabel = "NAME",
            description = "name of the server in the archive, for example orders-db")
    String server = "";

    /** Reads and checks both. */
    StoreConfiguration read(Problems problems) {
        Optional<StoreConfiguration> configuration = StoreFile.read(store, problems);
        StoreFile.checkServerName(server, problems);
        problems.throwIfAny();
        return configuration.orElseThrow();
    }
}
