package io.walarchiver.store.s3;

import static io.walarchiver.store.s3.ScriptedS3.choose;
import static io.walarchiver.store.s3.ScriptedS3.error;
import static io.walarchiver.store.s3.ScriptedS3.reset;
import static io.walarchiver.store.s3.ScriptedS3.silence;
import static io.walarchiver.store.s3.ScriptedS3.stalled;
import static io.walarchiver.store.s3.ScriptedS3.status;
import static io.walarchiver.store.s3.ScriptedS3.truncated;
import static io.walarchiver.store.s3.ScriptedS3.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.ScriptedS3.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Stores and networks that misbehave. Every case ends in success or a typed error. */
final class S3FaultsTest {

    /** No case may take longer; reaching it is a hang. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final ObjectKey KEY = new ObjectKey("pg/wals/0000000100000000/000000010000000000000007");
    private static final int ATTEMPTS = 3;
    /** The transport repeats a failed request once by itself. */
    private static final int REQUESTS = 2 * ATTEMPTS;

    private final List<String> observed = new CopyOnWriteArrayList<>();
    private ScriptedS3 server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3().otherwise(status(200, "ETag: \"etag\""));
        store = open(server.endpoint());
    }

    @AfterEach
    void stop() throws IOException {
        store.close();
        server.close();
    }

    private ObjectStore open(URI endpoint) {
        return S3ObjectStore.open(
                S3Settings.of("bucket", new S3Settings.StaticKeys("AKID", "s3cr3t-value", Optional.empty()))
                        .withEndpoint(endpoint)
                        .withPatience(Duration.ofSeconds(1), ATTEMPTS),
                new StoreObserver() {
                    @Override
                    public void requestCompleted(String operation, String outcome, Duration duration) {
                        observed.add(operation + " " + outcome);
                    }

                    @Override
                    public void retrying(String operation, String kind) {
                        observed.add("retry " + operation + " " + kind);
                    }
                });
    }

    /** The store has answered once, so that it counts as reachable. */
    private void reach() {
        store.delete(new ObjectKey("hello")).block(LIMIT);
        observed.clear();
    }

    private static Content content() {
        return Content.of(ByteBuffer.allocateDirect(100_003));
    }

    private Mono<Void> create(Content content) {
        return store.putIfAbsent(KEY, content, PutOptions.NONE);
    }

    @CanIgnoreReturnValue
    private static <E extends StoreException> E fails(Class<E> type, Mono<?> call) {
        E failure = assertThrows(type, () -> call.block(LIMIT));
        assertThat(failure).hasMessageContaining("s3://bucket").message().doesNotContain("s3cr3t-value");
        return failure;
    }

    private static Mono<Long> lengthOf(ObjectStore store) {
        return store.get(
                KEY,
                (info, body) -> body.map(buffer -> (long) buffer.remaining()).reduce(0L, Long::sum));
    }

    @Test
    void resetAfterThePutIsRepaired() {
        server.then(reset(), reset());
        Content content = content();

        create(content).block(LIMIT);

        assertThat(content.isAbandoned()).isFalse();
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void resetAgainAndAgainIsAmbiguousForWrites() {
        reach();
        server.otherwise(reset());

        fails(StoreException.Ambiguous.class, create(content()));

        assertThat(observed)
                .containsExactly(
                        "put_object ambiguous",
                        "retry put_object ambiguous",
                        "put_object ambiguous",
                        "retry put_object ambiguous",
                        "put_object ambiguous");
    }

    @Test
    void resetAgainAndAgainIsUnavailableForReads() {
        server.otherwise(reset());
        fails(StoreException.Unavailable.class, lengthOf(store));
        fails(StoreException.Unavailable.class, store.head(KEY));
        fails(StoreException.Unavailable.class, store.list("a").then());
    }

    @Test
    void ownPutThatWasStoredThoughTheConnectionBrokeShowsAsExisting() {
        server.then(reset(), error(412, "PreconditionFailed"));

        StoreException failure = fails(StoreException.AlreadyExists.class, create(content()));

        assertThat(failure).hasMessageContaining(KEY.value());
        assertThat(failure.detail().status()).isEqualTo(412);
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 504, 429})
    void serverErrorIsRepeated(int code) {
        server.then(error(code, "SlowDown"), error(code, "SlowDown"), error(code, "SlowDown"));

        create(content()).block(LIMIT);

        assertThat(observed).last().isEqualTo("put_object ok");
    }

    @Test
    void overloadThatStaysIsUnavailable() {
        server.otherwise(error(503, "SlowDown"));

        StoreException failure = fails(StoreException.Unavailable.class, create(content()));

        assertThat(failure.detail().status()).isEqualTo(503);
        assertThat(server.requests()).hasSize(REQUESTS);
    }

    @Test
    void conflictOfTwoConditionalWritesIsRepeated() {
        server.then(error(409, "ConditionalRequestConflict"));

        create(content()).block(LIMIT);

        assertThat(server.requests()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "403, AccessDenied, permissions",
        "403, InvalidAccessKeyId, access key id",
        "403, SignatureDoesNotMatch, secret access key",
        "400, ExpiredToken, renew the credentials",
        "403, RequestTimeTooSkewed, clocks"
    })
    void refusedIdentityIsNotRepeatedAndHinted(int status, String code, String hint) {
        server.otherwise(error(status, code));

        StoreException put = fails(StoreException.AccessDenied.class, create(content()));
        fails(StoreException.AccessDenied.class, lengthOf(store));

        assertThat(put).hasMessageContaining(hint);
        assertThat(observed).noneMatch(line -> line.startsWith("retry"));
    }

    @Test
    void absentBucketIsNotAnAbsentObject() {
        server.otherwise(choose(request -> request.method().equals("HEAD") ? status(404) : error(404, "NoSuchBucket")));

        assertThat(fails(StoreException.Rejected.class, store.head(KEY))).hasMessageContaining("bucket does not exist");
        assertThat(fails(StoreException.Rejected.class, lengthOf(store))).hasMessageContaining("bucket does not exist");
        assertThat(fails(StoreException.Rejected.class, create(content())))
                .hasMessageContaining("bucket does not exist");
    }

    @Test
    void absentObjectIsProvenAbsent() {
        server.otherwise(choose(request -> request.method().equals("HEAD") ? status(404) : error(404, "NoSuchKey")));

        fails(StoreException.NotFound.class, store.head(KEY));

        assertThat(server.requests()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 307})
    void otherRegionIsNamed(int code) {
        server.otherwise(with(
                code,
                "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>",
                "x-amz-bucket-region: eu-central-1"));

        assertThat(fails(StoreException.Rejected.class, create(content()))).hasMessageContaining("eu-central-1");
    }

    @Test
    void damagedBytesAreSentOnceMore() {
        server.then(error(400, "BadDigest"));
        create(content()).block(LIMIT);
        assertThat(server.requests()).hasSize(2);

        server.otherwise(error(400, "BadDigest"));
        StoreException failure = fails(StoreException.Rejected.class, create(content()));
        assertThat(failure.detail().code()).contains("BadDigest");
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void garbageInsteadOfAListingIsUnavailable() {
        server.otherwise(with(200, "<html><body>Welcome to the hotel</body>"));
        fails(StoreException.Unavailable.class, store.list("a").then());
    }

    @Test
    void truncatedDownloadNeverLooksWhole() {
        byte[] bytes = new byte[300_000];
        server.otherwise(truncated(bytes, 100_000, "ETag: \"etag\""));

        fails(StoreException.Unavailable.class, lengthOf(store));
    }

    @Test
    void downloadThatStopsHalfwayEndsInTime() {
        byte[] bytes = new byte[300_000];
        server.then(status(204)).otherwise(stalled(bytes, 100_000, "ETag: \"etag\""));
        reach();

        fails(StoreException.Unavailable.class, lengthOf(store));
    }

    @Test
    void silenceEndsInTimeAndTheContentIsAbandoned() {
        reach();
        server.otherwise(silence());
        Content content = content();

        fails(StoreException.Ambiguous.class, create(content));

        assertThat(content.isAbandoned()).isTrue();
        assertThat(observed).filteredOn(line -> line.startsWith("retry")).hasSize(ATTEMPTS - 1);
    }

    @Test
    void silenceFromTheStartIsNotRepeatedAndHintsAtTls() {
        server.otherwise(silence());

        assertThat(fails(StoreException.Unavailable.class, create(content())))
                .hasMessageContaining("TLS or reachability");
        assertThat(observed).containsExactly("put_object unavailable");
    }

    @Test
    void refusedConnectionIsUnavailable() throws IOException {
        int port;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        try (ObjectStore nobody = open(URI.create("http://127.0.0.1:" + port))) {
            fails(StoreException.Unavailable.class, nobody.putIfAbsent(KEY, content(), PutOptions.NONE));
            fails(StoreException.Unavailable.class, lengthOf(nobody));
        }
    }

    @Test
    void cancelledPutAbandonsItsContent() {
        reach();
        server.otherwise(silence());
        Content content = content();
        AtomicBoolean answered = new AtomicBoolean();
        Disposable running = create(content).subscribe(done -> answered.set(true), failure -> answered.set(true));
        Awaitility.await().atMost(LIMIT).until(() -> server.requests().size() > 1);

        running.dispose();

        assertThat(content.isAbandoned()).isTrue();
        assertThat(answered).isFalse();
    }

    @Test
    void closingFailsWhatIsRunning() {
        reach();
        server.otherwise(silence());
        Content content = content();
        AtomicBoolean failed = new AtomicBoolean();
        Disposable running = create(content).subscribe(done -> {}, failure -> failed.set(true));
        Awaitility.await().atMost(LIMIT).until(() -> server.requests().size() > 1);

        store.close();

        Awaitility.await().atMost(LIMIT).untilTrue(failed);
        assertThat(content.isAbandoned()).isTrue();
        assertThat(running.isDisposed()).isTrue();
    }

    @Test
    void slowBodyIsWaitedFor() {
        byte[] bytes = new byte[200_000];
        Answer slowly = (request, wire) -> {
            wire.head(
                    206,
                    bytes.length,
                    "ETag: \"etag\"",
                    "Content-Range: bytes 0-" + (bytes.length - 1) + "/" + bytes.length);
            for (int from = 0; from < bytes.length; from += 20_000) {
                wire.raw(bytes, from, 20_000);
                pause();
            }
        };
        server.otherwise(slowly);

        assertThat(lengthOf(store).block(LIMIT)).isEqualTo(bytes.length);
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(30);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
