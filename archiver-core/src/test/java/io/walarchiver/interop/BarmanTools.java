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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One installation of the barman-cloud command line tools.
 *
 * @param directory where the programs are
 * @param version   what they say of themselves, for example {@code 3.4.0}
 * @param snappyWorks whether the snappy library they were installed with can be used
 */
record BarmanTools(Path directory, String version, boolean snappyWorks) {

    /** The server whose archive it is, in all tests. */
    static final String SERVER_NAME = "orders-db";

    private static final String PROBE = "barman-cloud-wal-archive";
    private static final long TIMEOUT_SECONDS = 180;

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
        Map<Path, BarmanTools> found = new LinkedHashMap<>();
        for (Path directory : directories) {
            String printed = execute(Map.of(), List.of(directory.resolve(PROBE).toString(), "--version"))
                    .output()
                    .trim();
            String version = printed.substring(printed.lastIndexOf(' ') + 1);
            // One installation can be on the PATH twice, through a link.
            found.putIfAbsent(
                    real(directory), new BarmanTools(directory, version, snappyWorks(directory.resolve(PROBE))));
        }
        return List.copyOf(found.values());
    }

    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The snappy library of Debian 12 does not work with its Python: "PY_SSIZE_T_CLEAN macro must be defined". */
    private static boolean snappyWorks(Path program) {
        try (Stream<String> lines = Files.lines(program)) {
            String interpreter = lines.findFirst().orElse("").replaceFirst("^#!\\s*", "");
            List<String> command = new ArrayList<>(List.of(interpreter.split(" ")));
            command.addAll(List.of("-c", "import snappy; snappy.StreamCompressor().add_chunk(b'x')"));
            return execute(Map.of(), command).exitCode() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True when this release, as it is installed, compresses and decompresses WAL files so. */
    boolean knows(Compression compression) {
        return switch (compression) {
            case NONE, GZIP, BZIP2 -> true;
            case SNAPPY -> snappyWorks;
            // Since 3.12.
            case XZ, ZSTD, LZ4 -> minor() >= 12;
        };
    }

    /** True when this release can be asked for a level of compression. */
    boolean knowsLevels() {
        return minor() >= 14;
    }

    private int minor() {
        String[] parts = version.split("\\.", -1);
        return Integer.parseInt(parts[0]) > 3 ? Integer.MAX_VALUE : Integer.parseInt(parts[1]);
    }

    /** True when this release, as it is installed, makes base backups so and restores them. */
    boolean backsUpWith(Compression compression) {
        return switch (compression) {
            case NONE, GZIP, BZIP2, SNAPPY -> knows(compression);
            // Since 3.18.
            case LZ4 -> minor() >= 18;
            case XZ, ZSTD -> false;
        };
    }

    /** Runs one of the tools against the server, with its bucket below {@code prefix}. */
    Outcome run(S3Server server, String tool, String prefix, List<String> options, String... arguments) {
        return execute(environment(server), command(server, tool, prefix, options, arguments));
    }

    /** The same, of which nothing but success is expected, with more of an environment. */
    String succeed(
            S3Server server,
            String tool,
            String prefix,
            List<String> options,
            Map<String, String> moreEnvironment,
            String... arguments) {
        Map<String, String> environment = environment(server);
        environment.putAll(moreEnvironment);
        List<String> command = command(server, tool, prefix, options, arguments);
        Outcome outcome = execute(environment, command);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(command + " ended with " + outcome.exitCode() + ":\n" + outcome.output());
        }
        return outcome.output();
    }

    /** Starts one of the tools and leaves it running; its output goes to a file. */
    Process start(S3Server server, String tool, String prefix, List<String> options, Path output) {
        ProcessBuilder builder = new ProcessBuilder(command(server, tool, prefix, options, SERVER_NAME))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment(server));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The tool as {@code archive_command} or {@code restore_command}. */
    String walCommand(S3Server server, String tool, String prefix, List<String> options, String placeholders) {
        StringBuilder command = new StringBuilder("env");
        environment(server)
                .forEach((name, value) ->
                        command.append(' ').append(name).append('=').append(value));
        command(server, tool, prefix, options, SERVER_NAME)
                .forEach(word -> command.append(' ').append(word));
        return command.append(' ').append(placeholders).toString();
    }

    private List<String> command(
            S3Server server, String tool, String prefix, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(directory.resolve(tool).toString());
        command.add("--endpoint-url");
        command.add(server.endpoint().toString());
        command.addAll(options);
        command.add("s3://" + server.bucket() + "/" + prefix);
        command.addAll(List.of(arguments));
        return command;
    }

    private static Map<String, String> environment(S3Server server) {
        return new LinkedHashMap<>(Map.of(
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
                "true"));
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
