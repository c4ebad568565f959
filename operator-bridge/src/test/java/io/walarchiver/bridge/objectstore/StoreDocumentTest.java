package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Period;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class StoreDocumentTest {

    private static final String S3 = """
            apiVersion: barmancloud.cnpg.io/v1
            kind: ObjectStore
            metadata: {name: store}
            spec:
              configuration:
                destinationPath: s3://bucket/prefix
                s3Credentials:
                  accessKeyId: {name: aws, key: id}
                  secretAccessKey: {name: aws, key: secret}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: aws}
            stringData: {id: KEYID, secret: SECRETVALUE}
            """;

    @Test
    void everyFieldIsUnderstood() throws IOException {
        StoreConfiguration store =
                StoreDocument.read(resource("every-field.yaml")).configuration();

        assertThat(store.name()).isEqualTo("orders");
        assertThat(store.destinationPath()).isEqualTo("s3://shop-backups/postgres/orders/");
        StoreProvider.S3 s3 = (StoreProvider.S3) store.provider();
        assertThat(s3.bucket()).isEqualTo("shop-backups");
        assertThat(s3.prefix()).isEqualTo("postgres/orders");
        assertThat(s3.endpoint()).contains(URI.create("https://minio.storage.svc:9000"));
        assertThat(s3.region()).contains("eu-central-1");
        assertThat(s3.access())
                .isEqualTo(new S3Access.StaticKeys(
                        new SecretText("wal-archiver-example"),
                        new SecretText("example-secret"),
                        Optional.of(new SecretText("example-token"))));
        assertThat(s3.addressingStyle()).isEqualTo(AddressingStyle.PATH);
        assertThat(s3.checksumMode()).isEqualTo(ChecksumMode.REQUIRED);
        assertThat(s3.requestTimeout()).contains(Duration.ofSeconds(45));
        assertThat(s3.certificates().orElse("")).startsWith("-----BEGIN CERTIFICATE-----");
        assertThat(store.wal())
                .isEqualTo(new WalSettings(
                        CompressionAlgorithm.ZSTD,
                        OptionalInt.of(3),
                        DigestChoice.SHA256,
                        Optional.of(
                                new Encryption.Kms(Optional.of("arn:aws:kms:eu-central-1:111122223333:key/example"))),
                        8,
                        false));
        assertThat(store.data())
                .isEqualTo(new DataSettings(
                        CompressionAlgorithm.GZIP,
                        OptionalInt.empty(),
                        Optional.of(new Encryption.Aes256()),
                        4,
                        true,
                        OptionalLong.of(5L << 20),
                        OptionalLong.of(10L << 30),
                        OptionalLong.of(1 << 20)));
        assertThat(store.tags()).isEqualTo(Map.of("team", "shop", "purpose", "wal"));
        assertThat(store.historyTags()).isEqualTo(Map.of("team", "shop"));
        assertThat(store.retention()).contains(Period.ofDays(30));
        assertThat(store.warnings().stream().map(StoreProblem::path))
                .containsExactlyInAnyOrder(
                        "spec.configuration.endpointCA", "spec.configuration.data.restoreAdditionalCommandArgs[0]");
    }

    @Test
    void sidecarSettingsAreKeptAsWritten() throws IOException {
        ObjectStoreResource resource =
                StoreDocument.read(resource("every-field.yaml")).resource();
        ObjectStoreSpec.InstanceSidecar sidecar =
                resource.spec().instanceSidecar().orElseThrow();

        assertThat(resource.namespace()).contains("shop");
        assertThat(resource.secretNames()).containsExactly("minio-ca", "minio-creds");
        assertThat(sidecar.logLevel()).contains("debug");
        assertThat(sidecar.retentionPolicyIntervalSeconds()).hasValue(900);
        assertThat(sidecar.additionalContainerArgs()).containsExactly("--pprof-server=0.0.0.0:6061");
        assertThat(sidecar.env()
                        .orElseThrow()
                        .get(0)
                        .at("/valueFrom/configMapKeyRef/name")
                        .asText())
                .isEqualTo("proxy");
        assertThat(sidecar.resources().orElseThrow().at("/limits/memory").asText())
                .isEqualTo("320Mi");
    }

    @Test
    void leavingOutEverythingOptionalGivesTheDefaults() {
        StoreConfiguration store = StoreDocument.parse(S3).configuration();

        StoreProvider.S3 s3 = (StoreProvider.S3) store.provider();
        assertThat(s3.endpoint()).isEmpty();
        assertThat(s3.region()).isEmpty();
        assertThat(s3.addressingStyle()).isEqualTo(AddressingStyle.AUTO);
        assertThat(s3.checksumMode()).isEqualTo(ChecksumMode.AUTO);
        assertThat(s3.certificates()).isEmpty();
        assertThat(s3.requestTimeout()).isEmpty();
        assertThat(store.wal())
                .isEqualTo(new WalSettings(
                        CompressionAlgorithm.NONE,
                        OptionalInt.empty(),
                        DigestChoice.CRC64NVME,
                        Optional.empty(),
                        WalSettings.DEFAULT_MAX_PARALLEL,
                        true));
        assertThat(store.data().jobs()).isEqualTo(2);
        assertThat(store.retention()).isEmpty();
        assertThat(store.warnings()).isEmpty();
    }

    @Test
    void allMistakesOfAFileAreReportedAtOnceWithTheirLines() throws IOException {
        Path file = resource("many-mistakes.yaml");

        InvalidStoreException e = catchThrowableOfType(InvalidStoreException.class, () -> StoreDocument.read(file));

        assertThat(e).hasMessageStartingWith("%s:\n", file);
        assertThat(e.problems().stream().map(StoreProblem::toString))
                .containsExactlyInAnyOrder(
                        "line 6: spec.retentionPolicy: \"30 days\" is not a number of days, weeks or months, as in 30d,"
                                + " 4w or 3m",
                        "line 9: spec.configuration.serverName: is not allowed here: set it where the store is used"
                                + " (parameter serverName of the plugin, or --server)",
                        "line 10: spec.configuration.endpointURL: is not an address: expected http://host:port or"
                                + " https://host:port",
                        "line 11: spec.configuration.endpointCA.key: is required",
                        "line 14: spec.configuration.s3Credentials.accessKeyId: no Secret \"aws\" in the file",
                        "line 17: spec.configuration.s3Credentials.secretAccessKey: the Secret \"keys\" has no text"
                                + " under the key \"secret\"; it is empty",
                        "line 20: spec.configuration.s3Credentials.inheritFromIAMRol: unknown field; did you mean"
                                + " inheritFromIAMRole?",
                        "line 7: spec.configuration: only one provider is possible, but it has s3Credentials and"
                                + " azureCredentials",
                        "line 24: spec.configuration.wal.compresion: unknown field; did you mean compression?",
                        "line 25: spec.configuration.wal.compression: \"zip\" is not one of bzip2, gzip, lz4, snappy,"
                                + " xz, zstd",
                        "line 26: spec.configuration.wal.maxParallel: must be a whole number of at least 1",
                        "line 27: spec.configuration.wal.encryption: \"aes\" is not one of AES256, aws:kms",
                        "line 29: spec.configuration.wal.archiveAdditionalCommandArgs[0]: \"soon\" is not a number of"
                                + " seconds above 0",
                        "line 30: spec.configuration.wal.archiveAdditionalCommandArgs[1]: a key needs"
                                + " spec.configuration.wal.encryption: aws:kms",
                        "line 33: spec.configuration.data.compression: \"zstd\" is not one of bzip2, gzip, lz4, snappy",
                        "line 34: spec.configuration.data.jobs: must be a whole number of at least 1",
                        "line 35: spec.configuration.data.immediateCheckpoint: must be true or false",
                        "line 37: spec.configuration.tags.cost: must be text: put it in quotes",
                        "line 39: spec.configuration.s3.addressingStyle: \"host\" is not one of auto, path, virtual",
                        "line 41: spec.instanceSidecarConfiguration.additionalContainerArgs[0]: --log-level is not"
                                + " allowed here: set logLevel beside it",
                        "line 48: data.id: Secret \"keys\": is not base64; write plain text under stringData instead");
        assertThat(e.problems()).allSatisfy(problem -> assertThat(e).hasMessageContaining(problem.toString()));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void eachMistakeHasItsOwnMessage(String before, String after, String expected) {
        assertThat(S3).contains(before);

        assertThat(problemsOf(S3.replace(before, after))).anyMatch(text -> text.contains(expected));
    }

    static Stream<Arguments> mistakes() {
        String path = "destinationPath: s3://bucket/prefix";
        String id = "      accessKeyId: {name: aws, key: id}\n";
        String secret = "      secretAccessKey: {name: aws, key: secret}\n";
        return Stream.of(
                Arguments.of(path, "destinationPath: bucket/prefix", "has no scheme"),
                Arguments.of(path, "destinationPath: s3:///prefix", "names no bucket"),
                Arguments.of(path, "destinationPath: s3:bucket", "names no bucket"),
                Arguments.of(path, "destinationPath: \"s3://bucket/a\\nb\"", "control character"),
                Arguments.of(path, "destinationPath: \"\"", "must not be empty"),
                Arguments.of(path, "destinationPath: ftp://host/x", "the scheme \"ftp\" is not supported"),
                Arguments.of(path, "destinationPath: file:///dir", "a directory needs no credentials"),
                Arguments.of(path, "tags: {a: b}", "destinationPath: is required"),
                Arguments.of(id, "", "accessKeyId: is required beside secretAccessKey"),
                Arguments.of(secret, "", "secretAccessKey: is required beside accessKeyId"),
                Arguments.of(
                        id + secret,
                        "      inheritFromIAMRole: false\n",
                        "has neither accessKeyId and secretAccessKey"),
                Arguments.of("key: id}", "key: ID}", "no text under the key \"ID\"; it has id, secret"),
                Arguments.of("id: KEYID", "id: \" \"", "of the Secret \"aws\" is blank"),
                Arguments.of("id: KEYID", "id: 123456", "stringData.id: must be text: put it in quotes"),
                Arguments.of("kind: Secret", "kind: ConfigMap", "no Secret \"aws\" in the file"),
                Arguments.of("kind: Secret\n", "", "document 2 has no kind"),
                Arguments.of("kind: Secret", "kind: ObjectStore", "2 documents of the kind ObjectStore"),
                Arguments.of("kind: ObjectStore", "kind: Objectstore", "no document of the kind ObjectStore"),
                Arguments.of("barmancloud.cnpg.io/v1", "barmancloud.cnpg.io/v2", "must be barmancloud.cnpg.io/v1"),
                Arguments.of("{name: store}", "{}", "metadata.name: is required"),
                Arguments.of("spec:\n", "spec: nothing\nignored:\n", "spec: must be an object"),
                Arguments.of("  configuration:", "  configuraton:", "configuraton: unknown field; did you mean conf"),
                Arguments.of(
                        path, path + "\n    endpointCA: {name: aws, key: id}", "is not a PEM file of certificates"),
                Arguments.of(path, path + "\n    endpointURL: http://u:pw@host", "must not hold a user"),
                Arguments.of(path, path + "\n    wal: {compression: lz4, compressionLevel: 17}", "must be 0 to 16 for"),
                Arguments.of(path, path + "\n    s3: {kmsKeyId: k}", "a key needs encryption: aws:kms"),
                Arguments.of(path, path + "\n    tags: [a, b]", "tags: must be an object"),
                Arguments.of(path, path + "\n    tags: {\"\": b}", "1 to 128 characters"),
                Arguments.of(path, path + "\n    " + path, "destinationPath: written twice"),
                Arguments.of(path, path + "\n    wal: &w {}\n    data: *w", "YAML aliases are not supported"),
                Arguments.of(path, "destinationPath: [s3://x", "malformed YAML"));
    }

    @Test
    void keysBesideARoleAreIgnoredWithAWarning() {
        String id = "      accessKeyId: {name: aws, key: id}\n";
        StoreConfiguration store = StoreDocument.parse(S3.replace(id, id + "      inheritFromIAMRole: true\n"))
                .configuration();

        assertThat(((StoreProvider.S3) store.provider()).access()).isInstanceOf(S3Access.DefaultChain.class);
        assertThat(store.warnings())
                .singleElement()
                .satisfies(warning -> assertThat(warning.message()).startsWith("has keys and inheritFromIAMRole"));
    }

    @Test
    void moreThanTenTagsAreRefused() {
        StringBuilder tags = new StringBuilder("\n    tags:");
        for (int i = 0; i < 11; i++) {
            tags.append("\n      t").append(i).append(": v");
        }

        assertThat(problemsOf(S3.replace("s3://bucket/prefix", "s3://bucket/prefix" + tags)))
                .containsExactly(
                        "line 7: spec.configuration.tags: S3 allows at most 10 tags on an object, these are 11");
    }

    @Test
    void brokenSyntaxIsReportedWithItsPlaceAndWithoutTheText() {
        List<String> problems = problemsOf(S3.replace("stringData: {id: KEYID", "stringData: {id: KEYID}}"));

        assertThat(problems).hasSize(1).first().asString().startsWith("line 14: malformed YAML at column ");
        assertThat(problems.get(0)).doesNotContain("KEYID", "SECRETVALUE");
    }

    @Test
    void azureAndGoogleAreRefusedWithAReason() {
        String azure = S3.replace("s3Credentials", "azureCredentials")
                .replace("accessKeyId", "storageAccount")
                .replace("secretAccessKey", "storageKey")
                .replace("s3://bucket", "https://account.blob.core.windows.net/container");
        String google = S3.replace("s3Credentials", "googleCredentials")
                .replace("accessKeyId", "applicationCredentials")
                .replace("      secretAccessKey: {name: aws, key: secret}\n", "      gkeEnvironment: false\n")
                .replace("s3://", "gs://");

        assertThat(problemsOf(azure))
                .containsExactly("line 7: spec.configuration.azureCredentials: Azure Blob Storage is not supported: use"
                        + " an S3-compatible store or a directory (file:///directory)");
        assertThat(problemsOf(google)).hasSize(1).first().asString().contains("Google Cloud Storage is not supported");
    }

    @Test
    void fileMayDescribeSeveralStoresThatShareSecrets(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("stores.yaml"),
                S3.replace("{name: store}", "{name: other}") + "---\n" + S3.substring(0, S3.indexOf("---")));

        assertThat(StoreDocument.readAll(file).stream()
                        .map(document -> document.configuration().name()))
                .containsExactly("other", "store");
        assertThat(catchThrowableOfType(InvalidStoreException.class, () -> StoreDocument.read(file))
                        .problems()
                        .toString())
                .contains("2 documents of the kind ObjectStore");
    }

    @Test
    void everyStoreOfAFileIsCheckedAndNeedsItsOwnName(@TempDir Path directory) throws IOException {
        String store = S3.substring(0, S3.indexOf("---"));
        Path file = Files.writeString(
                directory.resolve("stores.yaml"),
                String.join(
                        "---\n",
                        S3,
                        store,
                        store.replace("{name: store}", "{name: a}").replace("s3://", "ftp://"),
                        store.replace("{name: store}", "{name: b}").replace("key: id", "key: x")));

        InvalidStoreException e = catchThrowableOfType(InvalidStoreException.class, () -> StoreDocument.readAll(file));
        assertThat(e.problems().stream().map(StoreProblem::message))
                .hasSize(3)
                .anyMatch(text -> text.contains("a second ObjectStore \"store\""))
                .anyMatch(text -> text.contains("the scheme \"ftp\" is not supported"))
                .anyMatch(text -> text.contains("no text under the key \"x\""));
    }

    @Test
    void rolesNeedNoSecretAndStillHonourTheRegion() {
        String yaml = S3.replace("accessKeyId: {name: aws, key: id}", "inheritFromIAMRole: true")
                .replace("secretAccessKey: {name: aws, key: secret}", "region: {name: aws, key: id}");

        StoreProvider.S3 s3 =
                (StoreProvider.S3) StoreDocument.parse(yaml).configuration().provider();

        assertThat(s3.access()).isEqualTo(new S3Access.DefaultChain(Optional.empty()));
        assertThat(s3.region()).contains("KEYID");
    }

    @Test
    void secretOfAnotherNamespaceIsNotSeen() {
        String yaml = S3.replace("{name: store}", "{name: store, namespace: a}")
                .replace("{name: aws}", "{name: aws, namespace: b}");

        assertThat(problemsOf(yaml)).hasSize(2).allMatch(text -> text.endsWith("in the file for the namespace a"));
    }

    @Test
    void otherDocumentsAreIgnoredWithAWarning() {
        StoreConfiguration store =
                StoreDocument.parse(S3 + "---\nkind: Cluster\n").configuration();

        assertThat(store.warnings().stream().map(StoreProblem::message))
                .containsExactly("document 3 is a Cluster; it is ignored");
    }

    @Test
    void lineBreakAtTheEndOfASecretIsLeftOutWithAWarning() {
        StoreConfiguration store = StoreDocument.parse(S3.replace("SECRETVALUE", "\"SECRETVALUE\\n\""))
                .configuration();

        S3Access.StaticKeys keys = (S3Access.StaticKeys) ((StoreProvider.S3) store.provider()).access();
        assertThat(keys.secretAccessKey().reveal()).isEqualTo("SECRETVALUE");
        assertThat(store.warnings()).hasSize(1);
    }

    @Test
    void directoryNeedsNoCredentials() {
        String yaml = """
                apiVersion: barmancloud.cnpg.io/v1
                kind: ObjectStore
                metadata: {name: nfs}
                spec:
                  configuration:
                    destinationPath: file:///mnt/wal%20archive/../archive/
                    wal: {compression: zstd, encryption: AES256}
                """;

        StoreConfiguration store = StoreDocument.parse(yaml).configuration();

        assertThat(store.provider()).isEqualTo(new StoreProvider.FileDirectory(Path.of("/mnt/archive")));
        assertThat(store.warnings().stream().map(StoreProblem::path))
                .containsExactly("spec.configuration.wal.encryption");
    }

    @Test
    void noSecretIsEverPrinted() {
        String yaml = S3.replace(
                "spec:\n", "spec:\n  instanceSidecarConfiguration: {env: [{name: PASSWORD, value: SECRETVALUE}]}\n");
        StoreDocument document = StoreDocument.parse(yaml);

        assertThat(document.toString())
                .doesNotContain("SECRETVALUE")
                .doesNotContain("KEYID")
                .contains("(hidden)");
        assertThat(new SecretData("aws", Map.of("id", new SecretText("SECRETVALUE"))).toString())
                .doesNotContain("SECRETVALUE");
    }

    @Test
    void emptyTextIsNotAStore() {
        assertThat(problemsOf("")).containsExactly("no document of the kind ObjectStore");
        assertThat(problemsOf("---\n---\n")).containsExactly("no document of the kind ObjectStore");
        assertThat(problemsOf("hello")).contains("line 1: document 1 has no kind: expected an ObjectStore or a Secret");
    }

    @Test
    void textThatCannotBeYamlIsRefusedNotFollowed() {
        assertThat(problemsOf(S3.replace("prefix", "pre\u0000fix")))
                .hasSize(1)
                .first()
                .asString()
                .contains("malformed");
        assertThat(problemsOf("[".repeat(5000))).hasSize(1).first().asString().contains("malformed");
    }

    @Test
    void fileThatIsNotTextIsNamed(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("store.yaml"), new byte[] {(byte) 0xC3, (byte) 0x28});

        assertThatIOException().isThrownBy(() -> StoreDocument.read(file)).withMessage("%s is not UTF-8 text", file);
    }

    @Test
    void missingFileIsAnInputError(@TempDir Path directory) {
        assertThatIOException().isThrownBy(() -> StoreDocument.read(directory.resolve("absent.yaml")));
    }

    private static List<String> problemsOf(String yaml) {
        InvalidStoreException e = catchThrowableOfType(InvalidStoreException.class, () -> StoreDocument.parse(yaml));
        assertThat(e).as("a refusal").isNotNull();
        return e.problems().stream().map(StoreProblem::toString).toList();
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(StoreDocumentTest.class.getResource("/objectstore/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
