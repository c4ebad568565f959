package io.walarchiver.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.store.s3.ScriptedS3.Request;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where credentials come from when none are configured: processes in different surroundings. */
final class CredentialChainIT {

    private static final String NO_METADATA = "AWS_EC2_METADATA_DISABLED";

    @TempDir
    private Path home;

    private ScriptedS3 s3;
    private ScriptedS3 issuer;

    @BeforeEach
    void start() throws IOException {
        s3 = new ScriptedS3().otherwise(ScriptedS3.status(204));
        issuer = new ScriptedS3();
    }

    @AfterEach
    void stop() throws IOException {
        s3.close();
        issuer.close();
    }

    @Test
    void keysComeFromTheEnvironment() throws IOException, InterruptedException {
        String printed = probe(Map.of(
                "AWS_ACCESS_KEY_ID",
                "ENVKEY",
                "AWS_SECRET_ACCESS_KEY",
                "env-secret",
                "AWS_SESSION_TOKEN",
                "env-token",
                NO_METADATA,
                "true"));

        assertSigned(printed, "ENVKEY", "us-east-1", "env-token");
        assertThat(printed).doesNotContain("env-secret").doesNotContain("env-token");
    }

    @Test
    void configuredRegionWinsOverThatOfTheEnvironment() throws IOException, InterruptedException {
        Map<String, String> environment = Map.of(
                "AWS_ACCESS_KEY_ID",
                "ENVKEY",
                "AWS_SECRET_ACCESS_KEY",
                "env-secret",
                "AWS_SESSION_TOKEN",
                "env-token",
                "AWS_REGION",
                "eu-north-1",
                NO_METADATA,
                "true");

        assertSigned(probe(environment, "eu-west-3", ""), "ENVKEY", "eu-west-3", "env-token");
        assertSigned(probe(environment), "ENVKEY", "eu-north-1", "env-token");
    }

    @Test
    void containerCredentialsComeFromThePodIdentityAgent() throws IOException, InterruptedException {
        issuer.otherwise(ScriptedS3.with(200, json("PODKEY", "pod-token"), "Content-Type: application/json"));
        Path token = Files.writeString(home.resolve("pod-identity-token"), "proof-of-the-pod");

        String printed = probe(
                Map.of(
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                        issuer.endpoint() + "/v1/credentials",
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                        token.toString(),
                        NO_METADATA,
                        "true"),
                "eu-west-3",
                "");

        assertSigned(printed, "PODKEY", "eu-west-3", "pod-token");
        Request asked = issuer.onlyRequest();
        assertThat(asked.method()).isEqualTo("GET");
        assertThat(asked.target()).isEqualTo("/v1/credentials");
        assertThat(asked.header("Authorization")).isEqualTo("proof-of-the-pod");
    }

    @Test
    void webIdentityTokenIsExchangedAtTheTokenService() throws IOException, InterruptedException {
        issuer.otherwise(ScriptedS3.with(200, assumedRole("WEBKEY", "web-token"), "Content-Type: text/xml"));
        Path token = Files.writeString(home.resolve("service-account-token"), "proof.of.account");

        String printed = probe(
                Map.of(
                        "AWS_ROLE_ARN",
                        "arn:aws:iam::123456789012:role/backup",
                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                        token.toString(),
                        "AWS_ENDPOINT_URL_STS",
                        issuer.endpoint().toString(),
                        "AWS_REGION",
                        "eu-north-1",
                        NO_METADATA,
                        "true"),
                "eu-west-3",
                "");

        assertSigned(printed, "WEBKEY", "eu-west-3", "web-token");
        Request asked = issuer.onlyRequest();
        assertThat(asked.method()).isEqualTo("POST");
        assertThat(URLDecoder.decode(new String(asked.body(), StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                        .split("&", -1))
                .contains(
                        "Action=AssumeRoleWithWebIdentity",
                        "RoleArn=arn:aws:iam::123456789012:role/backup",
                        "WebIdentityToken=proof.of.account");
    }

    @Test
    void roleOfTheInstanceComesFromTheMetadataService() throws IOException, InterruptedException {
        issuer.otherwise(ScriptedS3.choose(CredentialChainIT::metadata));

        String printed = probe(
                Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", issuer.endpoint().toString()), "eu-west-3", "");

        assertSigned(printed, "INSTANCEKEY", "eu-west-3", "instance-token");
        assertThat(issuer.requests())
                .filteredOn(asked -> asked.method().equals("GET"))
                .isNotEmpty()
                .allSatisfy(asked ->
                        assertThat(asked.header("x-aws-ec2-metadata-token")).isEqualTo("metadata-session"));
    }

    @Test
    void namedProfileWinsOverTheEnvironment() throws IOException, InterruptedException {
        writeCredentialsFile();

        String printed = probe(
                Map.of("AWS_ACCESS_KEY_ID", "ENVKEY", "AWS_SECRET_ACCESS_KEY", "env-secret", NO_METADATA, "true"),
                "",
                "backup");

        assertSigned(printed, "PROFILEKEY", "eu-south-2", "profile-token");
    }

    @Test
    void absentProfileIsAClearErrorInTime() throws IOException, InterruptedException {
        writeCredentialsFile();

        String printed = probe(
                Map.of("AWS_ACCESS_KEY_ID", "ENVKEY", "AWS_SECRET_ACCESS_KEY", "env-secret", NO_METADATA, "true"),
                "",
                "backpu");

        assertThat(printed).contains("AccessDenied").contains("no credentials for profile 'backpu'");
        assertThat(printed).doesNotContain("-secret").doesNotContain("-token");
        assertThat(milliseconds(printed)).isLessThan(15_000);
        assertThat(s3.requests()).isEmpty();
    }

    @Test
    void nothingAvailableIsAClearErrorInTime() throws IOException, InterruptedException {
        String printed = probe(Map.of(NO_METADATA, "true"));

        assertThat(printed)
                .contains("AccessDenied")
                .contains("no credentials could be obtained")
                .contains("s3Credentials")
                .contains("AWS_ACCESS_KEY_ID")
                .contains("AWS_WEB_IDENTITY_TOKEN_FILE")
                .contains("AWS_CONTAINER_CREDENTIALS")
                .contains("IMDS credentials have been disabled");
        assertThat(milliseconds(printed)).isLessThan(15_000);
        assertThat(s3.requests()).isEmpty();
    }

    @Test
    void silentMetadataServiceIsAClearErrorInTime() throws IOException, InterruptedException {
        issuer.otherwise(ScriptedS3.silence());

        String printed = probe(
                Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", issuer.endpoint().toString()));

        assertThat(printed).contains("no credentials could be obtained");
        assertThat(milliseconds(printed)).isLessThan(30_000);
        assertThat(issuer.requests()).isNotEmpty();
        assertThat(s3.requests()).isEmpty();
    }

    @Test
    void refusalOfTheTokenServiceIsReported() throws IOException, InterruptedException {
        issuer.otherwise(ScriptedS3.with(
                403,
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
                        + "<Code>AccessDenied</Code><Message>Not authorized to assume the role</Message></Error>"
                        + "<RequestId>sts-7</RequestId></ErrorResponse>",
                "Content-Type: text/xml"));
        Path token = Files.writeString(home.resolve("service-account-token"), "proof.of.account");

        String printed = probe(Map.of(
                "AWS_ROLE_ARN",
                "arn:aws:iam::123456789012:role/backup",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                token.toString(),
                "AWS_ENDPOINT_URL_STS",
                issuer.endpoint().toString(),
                "AWS_REGION",
                "eu-north-1",
                NO_METADATA,
                "true"));

        assertThat(printed).contains("AccessDenied").contains("Not authorized to assume the role");
        assertThat(printed).doesNotContain("proof.of.account");
        assertThat(s3.requests()).isEmpty();
    }

    private void assertSigned(String printed, String accessKeyId, String region, String sessionToken) {
        assertThat(printed).contains("outcome: ok");
        Request request = s3.requests().get(s3.requests().size() - 1);
        assertThat(request.header("Authorization"))
                .contains("Credential=" + accessKeyId + "/")
                .contains("/" + region + "/s3/aws4_request")
                .containsPattern("SignedHeaders=[^,]*x-amz-security-token");
        assertThat(request.header("x-amz-security-token")).isEqualTo(sessionToken);
    }

    private void writeCredentialsFile() throws IOException {
        Path directory = Files.createDirectory(home.resolve(".aws"));
        Files.writeString(directory.resolve("credentials"), """
                [default]
                aws_access_key_id = DEFAULTKEY
                aws_secret_access_key = default-secret

                [backup]
                aws_access_key_id = PROFILEKEY
                aws_secret_access_key = profile-secret
                aws_session_token = profile-token
                """);
        Files.writeString(directory.resolve("config"), """
                [default]
                region = eu-south-1

                [profile backup]
                region = eu-south-2
                """);
    }

    private static ScriptedS3.Answer metadata(Request asked) {
        String roles = "/latest/meta-data/iam/security-credentials";
        if (asked.target().equals("/latest/api/token") && asked.method().equals("PUT")) {
            return ScriptedS3.with(200, "metadata-session", "x-aws-ec2-metadata-token-ttl-seconds: 21600");
        }
        if (!asked.target().startsWith(roles)) {
            return ScriptedS3.status(404);
        }
        return asked.target().length() <= roles.length() + 1
                ? ScriptedS3.with(200, "backup-role")
                : ScriptedS3.with(200, json("INSTANCEKEY", "instance-token"));
    }

    private static String json(String accessKeyId, String sessionToken) {
        return String.format(
                Locale.ROOT,
                "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"issued\","
                        + "\"Token\":\"%s\",\"LastUpdated\":\"%s\",\"Expiration\":\"%s\"}",
                accessKeyId,
                sessionToken,
                now(),
                now().plus(6, ChronoUnit.HOURS));
    }

    private static String assumedRole(String accessKeyId, String sessionToken) {
        return String.format(
                Locale.ROOT,
                "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                        + "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>%s</AccessKeyId>"
                        + "<SecretAccessKey>issued</SecretAccessKey><SessionToken>%s</SessionToken>"
                        + "<Expiration>%s</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
                        + "<ResponseMetadata><RequestId>sts-1</RequestId></ResponseMetadata>"
                        + "</AssumeRoleWithWebIdentityResponse>",
                accessKeyId,
                sessionToken,
                now().plus(1, ChronoUnit.HOURS));
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    private static long milliseconds(String printed) {
        return printed.lines()
                .filter(line -> line.startsWith("milliseconds: "))
                .mapToLong(line -> Long.parseLong(line.substring("milliseconds: ".length())))
                .findFirst()
                .orElseThrow(() -> new AssertionError(printed));
    }

    private String probe(Map<String, String> environment) throws IOException, InterruptedException {
        return probe(environment, "", "");
    }

    private String probe(Map<String, String> environment, String region, String profile)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Duser.home=" + home,
                        CredentialProbe.class.getName(),
                        s3.endpoint().toString(),
                        region,
                        profile))
                .redirectErrorStream(true);
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("HOME", home.toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("AWS_"));
        builder.environment().putAll(variables);
        Path output = Files.createTempFile(home, "output", ".txt");
        Process process = builder.redirectOutput(output.toFile()).start();
        if (!process.waitFor(90, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + Files.readString(output));
        }
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).describedAs(printed).isZero();
        return printed;
    }
}
