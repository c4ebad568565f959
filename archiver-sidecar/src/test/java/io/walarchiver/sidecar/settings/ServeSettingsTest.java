package io.walarchiver.sidecar.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.walarchiver.sidecar.request.DataDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServeSettingsTest {

    @TempDir
    private Path directory;

    @Test
    void defaultsAreFilledIn() throws IOException {
        Path pgdata = DataDirectories.empty(directory);
        ServeSettings settings = ServeSettings.of(written(pgdata, directory.resolve("sock"), "127.0.0.1:0", "64MiB"));
        assertThat(settings.apiSocket()).contains(new SocketPath(directory.resolve("sock.http")));
        assertThat(settings.spool())
                .isEqualTo(Path.of(pgdata + ".wal-archiver"))
                .doesNotExist();
        assertThat(settings.drainGrace()).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.pluginName()).isEqualTo(PluginName.DEFAULT);
        assertThat(settings.memory()).isEqualTo(new ByteSize(64 << 20));
    }

    @Test
    void httpAndApiSocketCanBeSwitchedOff() throws IOException {
        Path pgdata = DataDirectories.empty(directory);
        ServeSettings settings = ServeSettings.of(new ServeSettings.Written(
                store(),
                Optional.empty(),
                "db",
                pgdata,
                directory.resolve("sock"),
                Optional.of("off"),
                Optional.empty(),
                "off",
                "walarchiver.io",
                "64MiB",
                0,
                Optional.empty(),
                DatabaseAddress.UNSAID,
                ServeSettings.Verify.NEVER));
        assertThat(settings.http()).isEmpty();
        assertThat(settings.apiSocket()).isEmpty();
    }

    @Test
    void allProblemsAreToldAtOnce() throws IOException {
        Path file = Files.writeString(directory.resolve("store.yaml"), "kind: ObjectStore\nspec: {}\n");
        assertThatThrownBy(() -> ServeSettings.of(new ServeSettings.Written(
                        file,
                        Optional.empty(),
                        "a/b",
                        directory.resolve("nowhere"),
                        directory.resolve("absent/sock"),
                        Optional.of(directory.resolve("x".repeat(120)).toString()),
                        Optional.of(file.resolve("below-a-file")),
                        "nonsense",
                        "-bad-",
                        "lots",
                        -1,
                        Optional.empty(),
                        DatabaseAddress.UNSAID,
                        ServeSettings.Verify.NEVER)))
                .asInstanceOf(type(SettingsException.class))
                .satisfies(e -> assertThat(e.problems())
                        .anySatisfy(problem -> assertThat(problem).startsWith("--store " + file))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--server: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--pgdata: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--socket: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--api-socket: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--spool: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--http: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--plugin-name: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--memory: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--drain-seconds: ")));
    }

    @Test
    void secretsAreNotPrintedWithTheSettings() throws IOException {
        Path file = Files.writeString(directory.resolve("store.yaml"), """
                apiVersion: barmancloud.cnpg.io/v1
                kind: ObjectStore
                metadata:
                  name: store
                spec:
                  configuration:
                    destinationPath: s3://bucket/prefix
                    s3Credentials:
                      accessKeyId: {name: keys, key: id}
                      secretAccessKey: {name: keys, key: secret}
                ---
                apiVersion: v1
                kind: Secret
                metadata:
                  name: keys
                stringData:
                  id: AKIDVISIBLE
                  secret: hunter2hunter2
                """);
        ServeSettings settings = settings(file, ServeSettings.Verify.NEVER);
        assertThat(settings.toString())
                .doesNotContain("hunter2")
                .doesNotContain("AKIDVISIBLE")
                .contains("(hidden)");
    }

    @ParameterizedTest
    @CsvSource({"1,1", "64MiB,67108864", "64M,67108864", "64 mb,67108864", "1Gi,1073741824", "2k,2048"})
    void sizesAreReadAsPeopleWriteThem(String text, long bytes) {
        assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1T", "1.5G", "MiB", "99999999999999G"})
    void nonsenseSizesAreRefused(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"90s,PT1M30S", "30m,PT30M", "6h,PT6H", "7d,PT168H", " 2 W ,PT336H"})
    void spansOfTimeAreReadAsPeopleWriteThem(String text, Duration span) {
        assertThat(TimeSpan.parse(text)).isEqualTo(span);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "d", "0d", "-1d", "1.5h", "7 days", "7y", "9999999999s"})
    void nonsenseSpansOfTimeAreRefused(String text) {
        assertThatThrownBy(() -> TimeSpan.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("30m, 6h or 7d");
    }

    @Test
    void archiveIsReadBackAsOftenAndAsGentlyAsSaid() throws IOException {
        assertThat(verify(Optional.empty(), Optional.empty(), 100).verify()).isEmpty();
        assertThat(verify(Optional.of("7d"), Optional.of("20MiB"), 5).verify())
                .contains(new VerifySchedule(Duration.ofDays(7), 5, OptionalLong.of(20 << 20)));
    }

    @Test
    void nonsenseAboutReadingBackIsRefusedByItsOption() {
        assertThatThrownBy(() -> verify(Optional.of("weekly"), Optional.of("fast"), 0))
                .asInstanceOf(type(SettingsException.class))
                .satisfies(e -> assertThat(e.problems())
                        .anySatisfy(problem -> assertThat(problem).startsWith("--verify-every: "))
                        .anySatisfy(problem -> assertThat(problem).startsWith("--verify-rate: ")));
        assertThatThrownBy(() -> verify(Optional.of("7d"), Optional.empty(), 101))
                .asInstanceOf(type(SettingsException.class))
                .satisfies(
                        e -> assertThat(e.problems()).singleElement().asString().startsWith("--verify-sample: "));
    }

    private ServeSettings settings(Path store, ServeSettings.Verify verify) throws IOException {
        return ServeSettings.of(new ServeSettings.Written(
                store,
                Optional.empty(),
                "db",
                DataDirectories.empty(directory),
                directory.resolve("sock"),
                Optional.empty(),
                Optional.empty(),
                "off",
                "walarchiver.io",
                "64MiB",
                30,
                Optional.empty(),
                DatabaseAddress.UNSAID,
                verify));
    }

    private ServeSettings verify(Optional<String> every, Optional<String> rate, int sample) throws IOException {
        return settings(store(), new ServeSettings.Verify(every, rate, sample));
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:9189,127.0.0.1,9189", "[::1]:0,::1,0", "localhost:65535,localhost,65535"})
    void addressesAreRead(String text, String host, int port) {
        assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":1", "host", "host:", "host:x", "host:65536", "host:-1"})
    void nonsenseAddressesAreRefused(String text) {
        assertThatThrownBy(() -> HostPort.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    private ServeSettings.Written written(Path pgdata, Path socket, String http, String memory) throws IOException {
        return new ServeSettings.Written(
                store(),
                Optional.empty(),
                "db",
                pgdata,
                socket,
                Optional.empty(),
                Optional.empty(),
                http,
                "walarchiver.io",
                memory,
                30,
                Optional.empty(),
                DatabaseAddress.UNSAID,
                ServeSettings.Verify.NEVER);
    }

    private Path store() throws IOException {
        return StoreFiles.inDirectory(directory, directory.resolve("bucket"));
    }
}
