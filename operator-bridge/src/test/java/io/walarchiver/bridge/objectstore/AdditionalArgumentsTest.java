package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class AdditionalArgumentsTest {

    @Test
    void optionsOfTheStoreHoldWhicheverListTheyStandIn() {
        StoreProvider.S3 s3 = (StoreProvider.S3) store(
                        "inheritFromIAMRole: true",
                        "data: {restoreAdditionalCommandArgs: [--read-timeout, '90', --addressing-style=virtual,"
                                + " -P, backup]}")
                .provider();

        assertThat(s3.requestTimeout()).contains(Duration.ofSeconds(90));
        assertThat(s3.addressingStyle()).isEqualTo(AddressingStyle.VIRTUAL);
        assertThat(s3.access()).isEqualTo(new S3Access.DefaultChain(Optional.of("backup")));
    }

    @Test
    void fieldWinsOverOption() {
        StoreProvider.S3 s3 = (StoreProvider.S3) store(
                        "inheritFromIAMRole: true",
                        "wal: {archiveAdditionalCommandArgs: [--read-timeout=120, --addressing-style=virtual]}",
                        "s3: {requestTimeoutSeconds: 7, addressingStyle: path}")
                .provider();

        assertThat(s3.requestTimeout()).contains(Duration.ofSeconds(7));
        assertThat(s3.addressingStyle()).isEqualTo(AddressingStyle.PATH);
    }

    @Test
    void levelWordsMeanWhatTheyMeanToBarman() {
        assertThat(levelOf("zstd", "low")).hasValue(1);
        assertThat(levelOf("zstd", "medium")).hasValue(4);
        assertThat(levelOf("zstd", "high")).hasValue(9);
        assertThat(levelOf("lz4", "high")).hasValue(10);
        assertThat(levelOf("xz", "medium")).hasValue(3);
        assertThat(levelOf("gzip", "7")).hasValue(7);
        assertThat(levelOf("zstd", "-3")).hasValue(-3);
    }

    @Test
    void levelOutOfRangeIsTakenToTheNearestWithAWarning() {
        StoreConfiguration store = store(
                "inheritFromIAMRole: true",
                "wal: {compression: gzip, archiveAdditionalCommandArgs: [--compression-level, '12']}");

        assertThat(store.wal().compressionLevel()).hasValue(9);
        assertThat(messages(store)).containsExactly("level 12 is out of range for gzip: 9 is used");
    }

    @Test
    void levelWithoutLevelsIsAWarning() {
        StoreConfiguration store = store(
                "inheritFromIAMRole: true",
                "wal: {compression: snappy, archiveAdditionalCommandArgs: [--compression-level=high]}");

        assertThat(store.wal().compressionLevel()).isEqualTo(OptionalInt.empty());
        assertThat(messages(store)).hasSize(1).first().asString().startsWith("has no effect");
    }

    @Test
    void optionsOfBackupAreKept() {
        DataSettings data = store(
                        "inheritFromIAMRole: true",
                        "data: {encryption: 'aws:kms', additionalCommandArgs: [--sse-kms-key-id=key, -S, 2 TiB,"
                                + " --min-chunk-size=64kb, --max-bandwidth, '500']}")
                .data();

        assertThat(data.encryption()).contains(new Encryption.Kms(Optional.of("key")));
        assertThat(data.maxArchiveSizeBytes()).isEqualTo(OptionalLong.of(2L << 40));
        assertThat(data.minPartSizeBytes()).isEqualTo(OptionalLong.of(64 << 10));
        assertThat(data.maxBandwidthBytesPerSecond()).isEqualTo(OptionalLong.of(500));
    }

    @Test
    void whatMeansNothingIsAWarningEachAndNeverSilent() {
        StoreConfiguration store = store(
                "inheritFromIAMRole: true",
                "wal: {archiveAdditionalCommandArgs: [-vv, --encryption-scope, scope, --gzip, --no-partial, stray,"
                        + " --read-timeout=1, --read-timeout=2, --endpoint-url=http://x]}");

        assertThat(messages(store))
                .containsExactly(
                        "-vv is ignored: set logLevel of instanceSidecarConfiguration instead",
                        "--encryption-scope is not known; it is ignored",
                        "--gzip is ignored: set compression of the resource instead",
                        "--no-partial has no meaning in this list; it is ignored",
                        "\"stray\" is not an option; it is ignored",
                        "--read-timeout was given before; this one is ignored",
                        "--endpoint-url is ignored: set endpointURL of the resource instead");
        assertThat(store.warnings().get(1).path()).isEqualTo("spec.configuration.wal.archiveAdditionalCommandArgs[1]");
        assertThat(((StoreProvider.S3) store.provider()).requestTimeout()).contains(Duration.ofSeconds(1));
    }

    @Test
    void partialSegmentsAreServedUnlessSwitchedOff() {
        assertThat(store("inheritFromIAMRole: true", "wal: {restoreAdditionalCommandArgs: [--no-partial]}")
                        .wal()
                        .servePartial())
                .isFalse();
        assertThat(store("inheritFromIAMRole: true").wal().servePartial()).isTrue();
    }

    @Test
    void valuesThatCannotBeReadAreRefused() {
        assertThatThrownBy(() -> store(
                        "inheritFromIAMRole: true",
                        "wal: {compression: zstd, archiveAdditionalCommandArgs: [--compression-level=best,"
                                + " --addressing-style=host, --read-timeout=0]}",
                        "data: {additionalCommandArgs: [--max-bandwidth=fast, -S, 0, --min-chunk-size]}"))
                .isInstanceOf(InvalidStoreException.class)
                .hasMessageContainingAll(
                        "\"best\" is not low, medium, high or a number",
                        "\"host\" is not one of auto, path, virtual",
                        "\"0\" is not a number of seconds above 0",
                        "\"fast\" is not a size above 0",
                        "data.additionalCommandArgs[2]: must be text",
                        "--min-chunk-size needs a value");
        assertThatThrownBy(() -> store(
                        "inheritFromIAMRole: true",
                        "data: {additionalCommandArgs: [--max-archive-size=999999999999TB]}"))
                .hasMessageContaining("larger than anything that can be stored");
    }

    private static OptionalInt levelOf(String compression, String word) {
        return store(
                        "inheritFromIAMRole: true",
                        "wal: {compression: " + compression + ", archiveAdditionalCommandArgs: [--compression-level, '"
                                + word + "']}")
                .wal()
                .compressionLevel();
    }

    private static List<String> messages(StoreConfiguration store) {
        return store.warnings().stream().map(StoreProblem::message).toList();
    }

    private static StoreConfiguration store(String credentials, String... fields) {
        StringBuilder yaml = new StringBuilder("""
                apiVersion: barmancloud.cnpg.io/v1
                kind: ObjectStore
                metadata: {name: store}
                spec:
                  configuration:
                    destinationPath: s3://bucket
                    s3Credentials: {%s}
                """.formatted(credentials));
        for (String field : fields) {
            yaml.append("    ").append(field).append('\n');
        }
        return StoreDocument.parse(yaml.toString()).configuration();
    }
}
