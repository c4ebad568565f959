package io.walarchiver.sidecar.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.zjsonpatch.JsonPatch;
import io.walarchiver.bridge.cluster.JobRole;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.operator.LifecycleHook;
import io.walarchiver.bridge.operator.OperatorSettings;
import io.walarchiver.sidecar.cli.WalArchiverCommand;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.HostPort;
import io.walarchiver.sidecar.settings.InstanceSettings;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the operator half writes into Pods and Jobs is what the process in them reads: neither side knows the other. */
@Timeout(60)
class InjectedEnvironmentTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PORT = 9377;
    private static final Path PGDATA = Path.of("/var/lib/postgresql/data/pgdata");

    /** For the start script, the libraries, and the log, which is set up before everything else. */
    private static final Set<String> READ_ELSEWHERE = Set.of("TMPDIR", "LOG_LEVEL");

    /** The volume of sockets is not here: all else comes from the environment. */
    @TempDir
    private Path sockets;

    private InstanceSettings.Written nothing() {
        return new InstanceSettings.Written(
                Optional.empty(),
                Optional.of(sockets.resolve("s")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0,
                DatabaseAddress.UNSAID);
    }

    /** An environment that knows who looked at what. */
    private static final class Environment extends HashMap<String, String> {
        private static final long serialVersionUID = 1L;

        private final Set<String> read = new TreeSet<>();

        @Override
        public @Nullable String get(Object name) {
            read.add(String.valueOf(name));
            return super.get(name);
        }

        @Override
        public @Nullable String getOrDefault(Object name, @Nullable String otherwise) {
            read.add(String.valueOf(name));
            return super.getOrDefault(name, otherwise);
        }
    }

    @Test
    void instanceReadsAllThatItIsGiven() throws IOException {
        JsonNode container = injected("pod.json", "/spec/initContainers");
        Environment environment = environment(container);

        InstanceSettings settings = InstanceSettings.of(nothing(), environment);

        assertThat(settings.pod().name()).isEqualTo("orders-1");
        assertThat(settings.pod().namespace()).isEqualTo("shop");
        assertThat(settings.pod().cluster()).isEqualTo("orders");
        assertThat(settings.pod().pluginName().value()).isEqualTo("archiver.example.org");
        assertThat(settings.pod().group()).isEqualTo(new OperatorGroup("postgresql.vendor.example", "v1"));
        assertThat(settings.pgdata()).isEqualTo(PGDATA);
        assertThat(settings.http().map(HostPort::port)).hasValue(PORT);
        assertThat(settings.spool()).isEqualTo(Path.of(given(environment, "SPOOL_DIRECTORY")));
        assertThat(settings.database().host()).hasValue("/controller/run");
        assertEverythingIsRead(environment, "pod.json", "/spec/containers/0/env");
        assertThat(WalArchiverCommand.create().getSubcommands())
                .containsKey(container.at("/command/1").asText());
        assertThat(mounts(container)).contains("/plugins", "/controller", "/tmp", "/var/lib/postgresql/data");
    }

    @Test
    void recoveryJobReadsAllThatItIsGiven() throws IOException {
        JsonNode container = injected("job.json", "/spec/template/spec/initContainers");
        Environment environment = environment(container);

        RestoreJobSettings.OnKubernetes job = RestoreJobSettings.of(
                nothing(),
                Path.of(RestoreJobSettings.DEFAULT_TABLESPACES),
                Path.of(RestoreJobSettings.DEFAULT_WAL_VOLUME),
                environment);

        assertThat(job.pod().name()).isEqualTo("orders-1-full-recovery");
        assertThat(job.pod().group()).isEqualTo(new OperatorGroup("postgresql.vendor.example", "v1"));
        assertThat(job.job().role()).isEqualTo(JobRole.FULL_RECOVERY);
        assertThat(job.job().pgdata()).isEqualTo(PGDATA);
        assertThat(job.job().pluginName().value()).isEqualTo("archiver.example.org");
        assertThat(job.job().http().map(HostPort::port)).hasValue(PORT);
        assertEverythingIsRead(environment, "job.json", "/spec/template/spec/containers/0/env");
        assertThat(WalArchiverCommand.create().getSubcommands())
                .containsKey(container.at("/command/1").asText());
    }

    /** What PostgreSQL's container does not have is there for us: then somebody has to look at it. */
    private static void assertEverythingIsRead(Environment environment, String document, String containerPath)
            throws IOException {
        Set<String> ours = new TreeSet<>(environment.keySet());
        for (JsonNode variable : document(document).at(containerPath)) {
            ours.remove(variable.path("name").asText());
        }
        ours.removeAll(READ_ELSEWHERE);
        assertThat(ours).hasSizeGreaterThan(4);
        assertThat(environment.read).containsAll(ours);
    }

    private static JsonNode injected(String object, String initContainers) throws IOException {
        JsonNode cluster = vendors(document("cluster.json"));
        JsonNode document = document(object);
        byte[] patch = new LifecycleHook(new OperatorSettings(
                        "archiver.example.org",
                        "1",
                        "registry.example.org/wal-archiver:1",
                        List.of("/opt/wal-archiver/bin/wal-archiver"),
                        PORT,
                        JsonNodeFactory.instance.objectNode()))
                .patch(
                        LifecycleHook.Operation.CREATE,
                        bytes(cluster),
                        bytes(document),
                        name -> Optional.of(ObjectStoreResource.read(store(name))));
        for (JsonNode container :
                JsonPatch.apply(JSON.readTree(patch), document).at(initContainers)) {
            if (container.path("name").asText().equals("wal-archiver")) {
                return container;
            }
        }
        throw new AssertionError("no sidecar in " + object);
    }

    /** Under another name and group than usual, so that no default can stand in for what is read. */
    private static JsonNode vendors(JsonNode cluster) throws IOException {
        return JSON.readTree(cluster.toString()
                .replace("walarchiver.io", "archiver.example.org")
                .replace("postgresql.cnpg.io", "postgresql.vendor.example"));
    }

    private static JsonNode store(String name) {
        try {
            return JSON.readTree("""
                    {"metadata": {"name": "%s", "namespace": "shop"},
                     "spec": {"configuration": {"destinationPath": "file:///backups"},
                              "instanceSidecarConfiguration": {"logLevel": "debug"}}}""".formatted(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Environment environment(JsonNode container) {
        Environment environment = new Environment();
        for (JsonNode variable : container.path("env")) {
            environment.put(
                    variable.path("name").asText(), variable.path("value").asText("from elsewhere"));
        }
        return environment;
    }

    private static String given(Map<String, String> environment, String name) {
        return Objects.requireNonNull(environment.get(name));
    }

    private static Set<String> mounts(JsonNode container) {
        Set<String> paths = new TreeSet<>();
        container
                .path("volumeMounts")
                .forEach(mount -> paths.add(mount.path("mountPath").asText()));
        return paths;
    }

    private static JsonNode document(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(LifecycleHook.class.getResourceAsStream("/operator/" + name))) {
            return JSON.readTree(file.readAllBytes());
        }
    }

    private static byte[] bytes(JsonNode document) {
        return document.toString().getBytes(StandardCharsets.UTF_8);
    }
}
