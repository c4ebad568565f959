package io.walarchiver.interop;

import io.walarchiver.codec.Compression;
import io.walarchiver.testing.S3Server;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One installation of the barman-cloud command line tools.
 *
 * @param directory where the programs are
 * @param version   what they say of themselves, for example {@code 3.4.0}
 */
record BarmanTools(Path directory, String version) {

    private static final String PROBE = "barman-cloud-wal-archive";
    private static final long TIMEOUT_SECONDS = 120;

    /** What a program printed and how it ended. */
    record Outcome(int exitCode, String output) {}

    /** Every installation on the {@code PATH} and in the directories of {@code BARMAN_CLOUD_BIN}. */
    static List<BarmanTools> installed() {
        Set<Path> directories = new LinkedHashSet<>();
        for (String variable : List.of("PATH", "BARMAN_CLOUD_BIN")) {
            for (String entry : System.getenv().getOrDefault(variable, "").split(File.pathSeparator)) {
                if (!entry.isEmpty() && Files.isExecutable(Path.of(entry, PROBE))) {
                    directories.add(Path.of(entry));
                }
            }
        }
        List<BarmanTools> found = new ArrayList<>();
        for (Path directory : directories) {
            String printed = execute(Map.of(), List.of(directory.resolve(PROBE).toString(), "--version"))
                    .output()
                    .trim();
            found.add(new BarmanTools(directory, printed.substring(printed.lastIndexOf(' ') + 1)));
        }
        return found;
    }

    /** True when this release compresses and decompresses WAL files so. */
    boolean knows(Compression compression) {
        return switch (compression) {
            case NONE, GZIP, BZIP2, SNAPPY -> true;
            // Since 3.12.
            case XZ, ZSTD, LZ4 -> minor() >= 12;
        };
    }

    private int minor() {
        String[] parts = version.split("\\.", -1);
        return Integer.parseInt(parts[0]) > 3 ? Integer.MAX_VALUE : Integer.parseInt(parts[1]);
    }

    /** Runs one of the tools against the server, with its bucket below {@code prefix}. */
    Outcome run(S3Server server, String tool, String prefix, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(directory.resolve(tool).toString());
        command.add("--endpoint-url");
        command.add(server.endpoint().toString());
        command.addAll(options);
        command.add("s3://" + server.bucket() + "/" + prefix);
        command.addAll(List.of(arguments));
        return execute(
                Map.of(
                        "AWS_ACCESS_KEY_ID",
                        server.accessKeyId(),
                        "AWS_SECRET_ACCESS_KEY",
                        server.secretAccessKey(),
                        "AWS_DEFAULT_REGION",
                        server.region(),
                        "AWS_REQUEST_CHECKSUM_CALCULATION",
                        "when_required",
                        "AWS_RESPONSE_CHECKSUM_VALIDATION",
                        "when_required",
                        "AWS_EC2_METADATA_DISABLED",
                        "true"),
                command);
    }

    private static Outcome execute(Map<String, String> environment, List<String> command) {
        try {
            Path output = Files.createTempFile("barman-", ".log");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(command + " did not end: " + Files.readString(output));
                }
                return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return "barman " + version;
    }
}
