package io.walarchiver.bench.s3;

import io.walarchiver.bench.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An object store on loopback in a process of its own, with one bucket and one access key. */
public final class S3ServerProcess implements AutoCloseable {

    /** The bucket that exists from the start. */
    public static final String BUCKET = "wal";

    static final String ACCESS_KEY_ID = "S3_ACCESS_KEY_ID";
    static final String SECRET_ACCESS_KEY = "S3_SECRET_ACCESS_KEY";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Pattern LISTENING = Pattern.compile("^listening on port (\\d+)$", Pattern.MULTILINE);

    private static final Pattern STATISTICS = Pattern.compile("^statistics on port (\\d+)$", Pattern.MULTILINE);

    private final ChildProcess process;
    private final S3Credentials credentials;
    private final Optional<ServerCertificate> certificate;
    private final int port;

    private S3ServerProcess(
            ChildProcess process, S3Credentials credentials, Optional<ServerCertificate> certificate, int port) {
        this.process = process;
        this.credentials = credentials;
        this.certificate = certificate;
        this.port = port;
    }

    /** S3Proxy over a directory: checks signatures, checksums and conditions as a real store does. */
    public static S3ServerProcess s3Proxy(Path directory, Optional<ServerCertificate> certificate) throws IOException {
        Path objects = Files.createDirectories(directory.resolve("objects"));
        return start("S3Proxy", S3ProxyMain.class, "256m", List.of(objects.toString()), directory, certificate);
    }

    /** The sink: accepts everything at once, keeps objects in memory, counts; see {@link SinkStatistics}. */
    public static S3ServerProcess sink(Path directory, Optional<ServerCertificate> certificate) throws IOException {
        return start("S3 sink", SinkMain.class, "2g", List.of(SinkMain.MEMORY), directory, certificate);
    }

    /** A sink that keeps large objects in files below {@code directory}, for more than fits in memory. */
    public static S3ServerProcess sinkOnDisk(Path directory, Optional<ServerCertificate> certificate)
            throws IOException {
        Path objects = Files.createDirectories(directory.resolve("objects"));
        return start("S3 sink", SinkMain.class, "1g", List.of(objects.toString()), directory, certificate);
    }

    private static S3ServerProcess start(
            String name,
            Class<?> main,
            String heap,
            List<String> arguments,
            Path directory,
            Optional<ServerCertificate> certificate)
            throws IOException {
        S3Credentials credentials = S3Credentials.random();
        List<String> all = new ArrayList<>(arguments);
        certificate.ifPresent(c -> all.add(c.keyStore().toString()));
        Path log = directory.resolve(main.getSimpleName() + ".log");
        ChildProcess process = ChildProcess.start(
                name,
                ChildProcess.java(List.of("-Xmx" + heap, "-XX:+UseSerialGC"), main, all),
                Map.of(
                        ACCESS_KEY_ID, credentials.accessKeyId(),
                        SECRET_ACCESS_KEY, credentials.secretAccessKey()),
                directory,
                log);
        try {
            return new S3ServerProcess(process, credentials, certificate, awaitPort(process));
        } catch (IOException | RuntimeException e) {
            process.kill();
            throw e;
        }
    }

    private static int awaitPort(ChildProcess process) throws IOException {
        return Integer.parseInt(process.await(LISTENING, START_LIMIT).group(1));
    }

    /** The endpoint's address, without bucket. */
    public String endpoint() {
        return (certificate.isPresent() ? "https" : "http") + "://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public S3Credentials credentials() {
        return credentials;
    }

    /** The certificate clients have to trust; empty when the endpoint is plain HTTP. */
    public Optional<ServerCertificate> certificate() {
        return certificate;
    }

    public long pid() {
        return process.pid();
    }

    /** What has reached the server so far; only the sink counts. */
    public SinkStatistics statistics() throws IOException {
        return SinkStatistics.fetch(statisticsPort());
    }

    /** Removes all objects whose keys start with {@code prefix}; only the sink can. */
    public void forget(String prefix) throws IOException {
        SinkStatistics unused = SinkStatistics.forget(statisticsPort(), prefix);
    }

    private int statisticsPort() {
        Matcher matcher = STATISTICS.matcher(process.output());
        if (!matcher.find()) {
            throw new IllegalStateException("only the sink counts");
        }
        return Integer.parseInt(matcher.group(1));
    }

    @Override
    public void close() {
        process.close();
    }
}
