package io.walarchiver.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The steps of the image, done without an engine: on the distribution this build made. */
@Timeout(300)
final class ImageIT {

    private static final Path DISTRIBUTION = Path.of("target/wal-archiver").toAbsolutePath();
    private static final Path DOCKER = Path.of("src/main/docker").toAbsolutePath();
    private static final String USER = "26";

    private record Run(int exitCode, String output) {}

    @TempDir
    private Path directory;

    @Test
    void layersPutTogetherStartFromTheArchiveAsAnyUserWithoutWriting() throws Exception {
        assumeThat(onPath("curl")).as("curl is not installed").isTrue();
        Path home = Files.createDirectories(directory.resolve("opt")).resolve("wal-archiver");
        run(Map.of(), "cp", "-r", DISTRIBUTION.toString(), home.toString());
        // Left over when somebody trained the distribution itself.
        Files.deleteIfExists(home.resolve("lib/wal-archiver.jsa"));
        Set<String> jars = names(home.resolve("lib"));
        Path layers = directory.resolve("layers");

        Run prepared = run(
                Map.of("SOURCE_DATE_EPOCH", "1767225600"),
                DOCKER.resolve("prepare").toString(),
                home.toString(),
                layers.toString());

        assertThat(prepared.exitCode()).as(prepared.output()).isZero();
        assertThat(names(home)).isEmpty();
        Path own = layers.resolve("own" + home);
        Path thirdParty = layers.resolve("third-party" + home);
        assertThat(names(own.resolve("lib")))
                .hasSize(4)
                .contains("wal-archiver.jsa")
                .anyMatch(name -> name.startsWith("operator-bridge-"));
        assertThat(names(own)).containsExactlyInAnyOrder("LICENSE", "bin", "lib", "sbom.cdx.json");
        Set<String> all = names(thirdParty.resolve("lib"));
        all.addAll(names(own.resolve("lib")));
        all.remove("wal-archiver.jsa");
        assertThat(all).isEqualTo(jars);

        // What COPY does, twice; then nothing can be written any more.
        run(Map.of(), "cp", "-pR", thirdParty + "/.", own + "/.", home.toString());
        run(Map.of(), "chmod", "-R", "a-w", home.toString());
        run(Map.of(), "chmod", "a+x", directory.toString());
        List<String> command = new ArrayList<>();
        if (onPath("setpriv") && System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"));
        }
        command.addAll(List.of(home + "/bin/wal-archiver", "--version"));
        // With this option the JVM ends when the archive does not fit; usually it only starts slowly.
        Run started = run(Map.of("WAL_ARCHIVER_JAVA_OPTS", "-Xshare:on"), command.toArray(String[]::new));

        assertThat(started.exitCode()).as(started.output()).isZero();
        assertThat(started.output()).contains("wal-archiver ");
        run(Map.of(), "chmod", "-R", "u+w", home.toString());
    }

    @Test
    void prepareRefusesWhatIsNoDistribution() throws Exception {
        Run run = run(Map.of(), DOCKER.resolve("prepare").toString(), directory.toString(), directory + "/layers");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.output()).contains("usage: prepare HOME LAYERS");
    }

    @Test
    void billOfMaterialsListsExactlyTheJarsOfTheDistribution() throws IOException {
        JsonNode bill = new ObjectMapper()
                .readTree(DISTRIBUTION.resolve("sbom.cdx.json").toFile());
        Set<String> listed = new TreeSet<>();
        bill.path("components").forEach(component -> {
            String purl = component.path("purl").asText();
            String classifier = purl.replaceFirst(".*classifier=([^&]*).*|.*", "$1");
            listed.add(component.path("name").asText() + "-"
                    + component.path("version").asText() + (classifier.isEmpty() ? "" : "-" + classifier) + ".jar");
        });
        JsonNode program = bill.at("/metadata/component");
        listed.add(program.path("name").asText() + "-" + program.path("version").asText() + ".jar");

        assertThat(listed).hasSizeGreaterThan(50).isEqualTo(jars(DISTRIBUTION.resolve("lib")));
        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
    }

    @Test
    void imageDoesWhatKubernetesExpectsOfIt() throws IOException {
        String file = Files.readString(DOCKER.resolve("Dockerfile"));
        String instructions = file.lines().filter(line -> !line.startsWith("#")).reduce("", (a, b) -> a + b + "\n");

        assertThat(instructions)
                .contains("\nUSER 26:26\n")
                .contains("\nENTRYPOINT [\"/opt/wal-archiver/bin/wal-archiver\"]\n")
                .contains("org.opencontainers.image.version", "org.opencontainers.image.licenses=\"Apache-2.0\"")
                .doesNotContain("HEALTHCHECK", "VOLUME", "\nCMD", "ADD ");
        // Everything copied from the context exists and is not ignored.
        List<String> context = Files.readAllLines(Path.of(".dockerignore"));
        assertThat(context).startsWith("*");
        Matcher copy = Pattern.compile("(?m)^COPY (?!--from)(\\S+) ").matcher(instructions);
        int found = 0;
        while (copy.find()) {
            found++;
            assertThat(Path.of(copy.group(1))).exists();
            assertThat(context).contains("!" + copy.group(1));
        }
        assertThat(found).isEqualTo(2);
    }

    private Run run(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        builder.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), Files.readString(output));
        } finally {
            process.destroyForcibly();
        }
    }

    /** The class path of the program; a directory that was not cleaned may hold older jars beside them. */
    private static Set<String> jars(Path lib) throws IOException {
        String own = names(lib).stream()
                .filter(name -> name.startsWith("archiver-sidecar-"))
                .findFirst()
                .orElseThrow();
        try (JarFile jar = new JarFile(lib.resolve(own).toFile())) {
            String classPath = jar.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            Set<String> jars = new TreeSet<>(List.of(classPath.split(" ", -1)));
            assertThat(names(lib)).containsAll(jars);
            jars.add(own);
            return jars;
        }
    }

    private static Set<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
    }
}
