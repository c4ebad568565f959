package io.walarchiver.bench.backup;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.s3.S3ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** pgBackRest with small files bundled, as its manual recommends for object stores. */
record PgBackRest(String version, DataSet data, S3ServerProcess server, int jobs, String compression)
        implements BackupTool {

    static final String NAME = "pgBackRest";

    /** What it calls a compression; empty when it does not know it. */
    static Optional<String> word(String compression) {
        return switch (compression) {
            case "none" -> Optional.of("none");
            case "gzip" -> Optional.of("gz");
            case "lz4" -> Optional.of("lz4");
            case "zstd" -> Optional.of("zst");
            default -> Optional.empty();
        };
    }

    @Override
    public String name() {
        return NAME + " " + version;
    }

    @Override
    public Repository open(Path home, String run) throws IOException {
        List<String> settings = List.of(
                "[global]",
                "repo1-type=s3",
                "repo1-path=/" + run,
                "repo1-s3-bucket=" + S3ServerProcess.BUCKET,
                "repo1-s3-region=us-east-1",
                "repo1-s3-uri-style=path",
                "repo1-s3-endpoint=localhost",
                "repo1-storage-port=" + server.port(),
                "repo1-storage-ca-file=" + server.certificate().orElseThrow().pem(),
                "repo1-s3-key=" + server.credentials().accessKeyId(),
                "repo1-s3-key-secret=" + server.credentials().secretAccessKey(),
                "repo1-bundle=y",
                "repo1-retention-full=9999999",
                "log-level-file=off",
                "log-level-console=warn",
                "log-level-stderr=error",
                "compress-type=" + word(compression).orElseThrow(),
                "process-max=" + jobs,
                "start-fast=y",
                // Nothing is archived to its repository, so it must not wait for that.
                "archive-check=n",
                "lock-path=" + home.resolve("lock"),
                "log-path=" + home,
                "spool-path=" + home.resolve("spool"),
                "[lab]",
                "pg1-path=" + data.path(),
                "pg1-port=" + data.server().port(),
                "pg1-socket-path=" + data.socket(),
                "pg1-user=postgres");
        Path file = Files.write(home.resolve("pgbackrest.conf"), settings);
        List<String> base = List.of("pgbackrest", "--config=" + file, "--stanza=lab");
        String unused = ChildProcess.run(with(base, "stanza-create"), home);
        return new Repository() {
            @Override
            public Map<String, String> environment() {
                return Map.of();
            }

            @Override
            public List<String> backup() {
                return with(base, "--type=full", "backup");
            }

            @Override
            public void settle(String output) {
                // Its restore does not look at WAL.
            }

            @Override
            public List<String> restore(Path destination) throws IOException {
                // It insists on a directory that is there.
                Files.createDirectory(destination);
                return with(base, "--pg1-path=" + destination, "restore");
            }

            @Override
            public String prefix() {
                return run + "/";
            }
        };
    }

    private static List<String> with(List<String> base, String... more) {
        List<String> all = new ArrayList<>(base);
        all.addAll(List.of(more));
        return all;
    }
}
