package io.walarchiver.bench.lab;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.s3.S3ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Other archivers, where they are installed. */
final class Peers {

    private final Arena arena;
    private final List<Contestant> present = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();

    private Peers(Arena arena) {
        this.arena = arena;
    }

    /** Looks for them on the path. */
    static Peers find(Arena arena) throws IOException {
        Peers peers = new Peers(arena);
        peers.findPgBackRest();
        peers.findBarman();
        return peers;
    }

    List<Contestant> present() {
        return List.copyOf(present);
    }

    /** Who does not take part, and why. */
    List<String> skipped() {
        return List.copyOf(skipped);
    }

    private void findPgBackRest() throws IOException {
        Optional<String> version = version(List.of("pgbackrest", "version"));
        if (version.isEmpty()) {
            skipped.add("pgBackRest: not installed");
        } else if (arena.server().certificate().isEmpty()) {
            skipped.add("pgBackRest: speaks to S3 over TLS only, and the server is plain HTTP");
        } else {
            try {
                present.add(pgBackRest("sync zst", false, "zst", 1));
                present.add(pgBackRest("async zst", true, "zst", 2));
                present.add(pgBackRest("async lz4", true, "lz4", 2));
            } catch (IOException e) {
                skipped.add(
                        version.get() + ": " + String.valueOf(e.getMessage()).strip());
            }
        }
    }

    private Contestant pgBackRest(String kind, boolean async, String compression, int processes) throws IOException {
        Path home = arena.newDirectory();
        FakeDataDirectory data = FakeDataDirectory.create(home.resolve("pgdata"), arena.corpus());
        S3ServerProcess server = arena.server();
        Path authority = server.certificate().orElseThrow().pem();
        List<String> settings = new ArrayList<>(List.of(
                "[global]",
                "repo1-type=s3",
                "repo1-path=/" + kind.replace(' ', '-'),
                "repo1-s3-bucket=" + S3ServerProcess.BUCKET,
                "repo1-s3-region=us-east-1",
                "repo1-s3-uri-style=path",
                "repo1-s3-endpoint=localhost",
                "repo1-storage-port=" + server.port(),
                "repo1-storage-ca-file=" + authority,
                "repo1-s3-key=" + server.credentials().accessKeyId(),
                "repo1-s3-key-secret=" + server.credentials().secretAccessKey(),
                "log-level-file=off",
                "log-level-console=error",
                "log-level-stderr=error",
                "compress-type=" + compression,
                "process-max=" + processes,
                "lock-path=" + home.resolve("lock"),
                "log-path=" + home,
                "spool-path=" + home.resolve("spool"),
                "[lab]",
                "pg1-path=" + data.path()));
        if (async) {
            settings.add(1, "archive-async=y");
        }
        Path file = Files.write(home.resolve("pgbackrest.conf"), settings);
        String base = "pgbackrest --config=" + file + " --stanza=lab ";
        String unused = ChildProcess.run(List.of("/bin/sh", "-c", base + "--no-online stanza-create"), data.path());
        return new Commands(
                arena,
                new Commands.Definition(
                        "pgBackRest " + kind,
                        base + "archive-push '%p'",
                        base + "archive-get %f '%p'",
                        Map.of(),
                        data));
    }

    private void findBarman() throws IOException {
        Optional<String> version = version(List.of("barman-cloud-wal-archive", "--version"));
        if (version.isEmpty()) {
            skipped.add("barman-cloud: not installed");
            return;
        }
        S3ServerProcess server = arena.server();
        String options = "--endpoint-url " + server.endpoint() + " ";
        String target = " s3://" + S3ServerProcess.BUCKET + "/barman lab ";
        Map<String, String> environment = new java.util.HashMap<>(Map.of(
                "AWS_ACCESS_KEY_ID", server.credentials().accessKeyId(),
                "AWS_SECRET_ACCESS_KEY", server.credentials().secretAccessKey(),
                "AWS_DEFAULT_REGION", "us-east-1"));
        server.certificate()
                .ifPresent(c -> environment.put("AWS_CA_BUNDLE", c.pem().toString()));
        present.add(new Commands(
                arena,
                new Commands.Definition(
                        "barman-cloud",
                        "barman-cloud-wal-archive " + options + target + "'%p'",
                        "barman-cloud-wal-restore " + options + target + "%f '%p'",
                        environment,
                        FakeDataDirectory.create(arena.newDirectory().resolve("pgdata"), arena.corpus()))));
    }

    private static Optional<String> version(List<String> command) {
        try {
            return Optional.of(ChildProcess.run(command, Path.of("/")).strip());
        } catch (IOException notInstalled) {
            return Optional.empty();
        }
    }
}
