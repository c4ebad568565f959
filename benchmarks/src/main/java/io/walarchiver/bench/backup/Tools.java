package io.walarchiver.bench.backup;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.bench.service.Distribution;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds out which tools take part, with which compressions. */
final class Tools {

    private static final String BARMAN_DIRECTORIES = "BARMAN_CLOUD_BIN";

    private final DataSet data;
    private final S3ServerProcess server;
    private final int jobs;
    private final List<String> compressions;
    private final List<BackupTool> present = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();

    Tools(DataSet data, S3ServerProcess server, int jobs, List<String> compressions) {
        this.data = data;
        this.server = server;
        this.jobs = jobs;
        this.compressions = compressions;
    }

    /** Who takes part. */
    List<BackupTool> present() {
        return List.copyOf(present);
    }

    /** Who does not, and why. */
    List<String> skipped() {
        return List.copyOf(skipped);
    }

    void addOurs(Distribution distribution) {
        compressions.forEach(compression -> present.add(new Ours(distribution, data, server, jobs, compression)));
    }

    /** On the path, and in the directories of {@code BARMAN_CLOUD_BIN}. */
    void findBarman() {
        Set<Path> directories = new LinkedHashSet<>();
        String named = System.getenv(BARMAN_DIRECTORIES);
        Stream.of(System.getenv("PATH"), named == null ? "" : named)
                .flatMap(list -> Stream.of(list.split(File.pathSeparator)))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, "barman-cloud-backup"))
                .filter(Files::isExecutable)
                .forEach(program -> directories.add(real(program)));
        if (directories.isEmpty()) {
            skipped.add("barman-cloud: not installed");
        }
        for (Path directory : directories) {
            Optional<String> version =
                    version(List.of(directory.resolve("barman-cloud-backup").toString(), "--version"));
            for (String compression : compressions) {
                if (version.isPresent() && BarmanCloud.option(compression).isPresent()) {
                    present.add(new BarmanCloud(directory, version.get(), data, server, jobs, compression));
                } else {
                    skipped.add("barman-cloud " + version.orElse("in " + directory) + ", " + compression
                            + (version.isPresent() ? ": has no such compression" : ": does not run"));
                }
            }
        }
    }

    /** The directory a program really is in. */
    private static Path real(Path program) {
        try {
            return program.toRealPath().resolveSibling("").normalize();
        } catch (IOException gone) {
            return program.resolveSibling("").normalize();
        }
    }

    void findPgBackRest() {
        Optional<String> version = version(List.of("pgbackrest", "version"));
        if (version.isEmpty()) {
            skipped.add("pgBackRest: not installed");
        } else if (server.certificate().isEmpty()) {
            skipped.add("pgBackRest: speaks to S3 over TLS only, and the server is plain HTTP");
        } else {
            for (String compression : compressions) {
                if (PgBackRest.word(compression).isPresent()) {
                    present.add(new PgBackRest(version.get(), data, server, jobs, compression));
                } else {
                    skipped.add("pgBackRest " + version.get() + ", " + compression + ": has no such compression");
                }
            }
        }
    }

    /** Takes somebody out who cannot even begin. */
    void drop(BackupTool tool, String reason) {
        present.remove(tool);
        skipped.add(tool.name() + ", " + tool.compression() + ": " + reason);
    }

    /** The last word of what it prints. */
    private static Optional<String> version(List<String> command) {
        try {
            String printed = ChildProcess.run(command, Path.of("/")).strip();
            return Optional.of(printed.substring(printed.lastIndexOf(' ') + 1));
        } catch (IOException notInstalled) {
            return Optional.empty();
        }
    }
}
