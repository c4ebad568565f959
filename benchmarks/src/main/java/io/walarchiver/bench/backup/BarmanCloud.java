package io.walarchiver.bench.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.bench.s3.S3ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The barman-cloud programs of one directory.
 *
 * @param programs where they are
 * @param version  as they tell it
 */
record BarmanCloud(Path programs, String version, DataSet data, S3ServerProcess server, int jobs, String compression)
        implements BackupTool {

    static final String NAME = "barman-cloud";

    /** What its option is called; empty when it has none. */
    static Optional<List<String>> option(String compression) {
        return switch (compression) {
            case "none" -> Optional.of(List.of());
            case "gzip" -> Optional.of(List.of("-z"));
            case "snappy" -> Optional.of(List.of("--snappy"));
            default -> Optional.empty();
        };
    }

    @Override
    public String name() {
        return NAME + " " + version;
    }

    private String program(String name) {
        return programs.resolve(name).toString();
    }

    @Override
    public Repository open(Path home, String run) {
        String destination = "s3://" + S3ServerProcess.BUCKET + "/barman";
        Map<String, String> environment = new HashMap<>(Map.of(
                "AWS_ACCESS_KEY_ID", server.credentials().accessKeyId(),
                "AWS_SECRET_ACCESS_KEY", server.credentials().secretAccessKey(),
                "AWS_DEFAULT_REGION", "us-east-1"));
        server.certificate()
                .ifPresent(c -> environment.put("AWS_CA_BUNDLE", c.pem().toString()));
        return new Repository() {
            @Override
            public Map<String, String> environment() {
                return environment;
            }

            @Override
            public List<String> backup() {
                List<String> command = new ArrayList<>(List.of(
                        program("barman-cloud-backup"),
                        "--endpoint-url",
                        server.endpoint(),
                        "-h",
                        data.socket().toString(),
                        "-p",
                        Integer.toString(data.server().port()),
                        "-U",
                        "postgres",
                        "--immediate-checkpoint",
                        "-J",
                        Integer.toString(jobs)));
                command.addAll(option(compression).orElseThrow());
                command.addAll(List.of(destination, run));
                return command;
            }

            @Override
            public void settle(String output) {
                // Nothing is missing: its restore does not look at WAL.
            }

            @Override
            public List<String> restore(Path target) throws IOException {
                return List.of(
                        program("barman-cloud-restore"),
                        "--endpoint-url",
                        server.endpoint(),
                        destination,
                        run,
                        id(),
                        target.toString());
            }

            private String id() throws IOException {
                ProcessBuilder list = new ProcessBuilder(
                                program("barman-cloud-backup-list"),
                                "--endpoint-url",
                                server.endpoint(),
                                "--format",
                                "json",
                                destination,
                                run)
                        .redirectError(ProcessBuilder.Redirect.INHERIT);
                list.environment().putAll(environment);
                byte[] printed = list.start().getInputStream().readAllBytes();
                JsonNode backups = new ObjectMapper().readTree(printed).path("backups_list");
                if (backups.size() != 1) {
                    throw new IOException(name() + " lists " + backups.size() + " backups instead of one:\n"
                            + new String(printed, StandardCharsets.UTF_8));
                }
                return backups.get(0).path("backup_id").asText();
            }

            @Override
            public String prefix() {
                return "barman/" + run + "/";
            }
        };
    }
}
