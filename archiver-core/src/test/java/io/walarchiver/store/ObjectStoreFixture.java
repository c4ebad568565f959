package io.walarchiver.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.function.Executable;
import reactor.core.publisher.Mono;

/** What the contract needs to know about a store, and the words its tests are written in. */
public interface ObjectStoreFixture {

    /** No call of the contract takes longer; reaching it is a failure, not a measurement. */
    Duration LIMIT = Duration.ofSeconds(60);

    /** The store under test. The suite uses a fresh prefix for each test, so one store may serve them all. */
    ObjectStore store();

    /** Another store on the same place, which the test closes. */
    ObjectStore openStore();

    /** False when a request for server-side encryption is {@link StoreException.Rejected}. */
    default boolean acceptsEncryption() {
        return true;
    }

    /** False when a key cannot be the directory of another one: with {@code a/b} there, {@code a} fails. */
    default boolean nestsKeys() {
        return true;
    }

    /** False when a key that is the directory of another one is stored, but hides it in listings. */
    default boolean listsNestedKeys() {
        return nestsKeys();
    }

    /** False when a listing is in another order than that of the bytes of the keys for keys beyond U+FFFF. */
    default boolean ordersSupplementaryCharactersByBytes() {
        return true;
    }

    /** False when completing an upload does not check that all parts but the last have 5 MiB. */
    default boolean checksPartSizes() {
        return true;
    }

    /** How many multipart uploads are open now, where that can be seen from outside. */
    default OptionalInt openUploads() {
        return OptionalInt.empty();
    }

    /** What must not turn up in any text of the store. */
    default List<String> secrets() {
        return List.of();
    }

    /** A prefix that nobody else uses, ending with a slash. */
    static String freshPrefix() {
        return "contract/" + UUID.randomUUID() + "/";
    }

    /** A key that nobody else uses. */
    static ObjectKey freshKey() {
        return new ObjectKey(freshPrefix() + "object");
    }

    /** Bytes that do not compress and do not repeat, the same for the same seed. */
    static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /** The bytes as a content of one buffer. */
    static Content content(byte[] bytes) {
        return Content.of(ByteBuffer.wrap(bytes));
    }

    /** Options with that metadata only. */
    static PutOptions metadata(String name, String value) {
        return PutOptions.NONE.withMetadata(Map.of(name, value));
    }

    /** Waits for the publisher to complete. */
    static void complete(Mono<Void> call) {
        assertThat(call.block(LIMIT)).isNull();
    }

    /** Waits for the only item of the publisher. */
    static <T> T value(Mono<T> call) {
        return call.blockOptional(LIMIT).orElseThrow(() -> new AssertionError("the call completed without a value"));
    }

    /** A call that waits, for assertions on failures. */
    static Executable waiting(Mono<?> call) {
        return () -> call.block(LIMIT);
    }

    /** A reader that copies the whole body. */
    static ObjectReader<byte[]> copying() {
        return (info, body) -> body.reduceWith(ByteArrayOutputStream::new, ObjectStoreFixture::append)
                .map(ByteArrayOutputStream::toByteArray);
    }

    private static ByteArrayOutputStream append(ByteArrayOutputStream out, ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        out.writeBytes(copy);
        return out;
    }

    /** The whole object. */
    default byte[] read(ObjectKey key) {
        return value(store().get(key, copying()));
    }

    /** Creates or replaces the object. */
    default void write(ObjectKey key, byte[] bytes) {
        complete(store().put(key, content(bytes), PutOptions.NONE));
    }

    /** Whether the object is there. */
    default boolean exists(ObjectKey key) {
        return value(
                store().head(key).thenReturn(true).onErrorResume(StoreException.NotFound.class, e -> Mono.just(false)));
    }
}
