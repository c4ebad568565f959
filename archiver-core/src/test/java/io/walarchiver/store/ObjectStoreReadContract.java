package io.walarchiver.store;

import static io.walarchiver.store.ObjectStoreFixture.bytes;
import static io.walarchiver.store.ObjectStoreFixture.complete;
import static io.walarchiver.store.ObjectStoreFixture.content;
import static io.walarchiver.store.ObjectStoreFixture.copying;
import static io.walarchiver.store.ObjectStoreFixture.freshKey;
import static io.walarchiver.store.ObjectStoreFixture.metadata;
import static io.walarchiver.store.ObjectStoreFixture.value;
import static io.walarchiver.store.ObjectStoreFixture.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Looking at objects and reading them. */
public interface ObjectStoreReadContract extends ObjectStoreFixture {

    /** More than any store under test has connections, so that one that is not given back is missed. */
    int MORE_THAN_ALL_CONNECTIONS = 64;

    @Test
    default void absentObjectIsNotFound() {
        ObjectKey key = freshKey();
        AtomicBoolean called = new AtomicBoolean();
        ObjectReader<String> reader = (info, body) -> {
            called.set(true);
            return Mono.just("read");
        };

        StoreException failure = assertThrows(StoreException.NotFound.class, waiting(store().head(key)));
        assertThat(failure).hasMessageContaining(key.value());
        assertThrows(StoreException.NotFound.class, waiting(store().get(key, reader)));
        assertThrows(StoreException.NotFound.class, waiting(store().get(key, 0, 10, reader)));
        assertThat(called).isFalse();
    }

    @Test
    default void headTellsSizeTimeAndMetadata() {
        ObjectKey key = freshKey();
        complete(store().put(key, content(bytes(1, 12_345)), metadata("name", "value")));

        ObjectInfo info = value(store().head(key));

        assertThat(info.key()).isEqualTo(key);
        assertThat(info.size()).isEqualTo(12_345);
        assertThat(info.lastModified()).isCloseTo(Instant.now(), within(5, ChronoUnit.MINUTES));
        assertThat(info.metadata()).containsExactly(Map.entry("name", "value"));
    }

    @Test
    default void readerIsToldWhatItReads() {
        ObjectKey key = freshKey();
        complete(store().put(key, content(bytes(1, 12_345)), metadata("name", "value")));

        ObjectInfo info = value(store().get(key, (told, body) -> body.then(Mono.just(told))));

        assertThat(info.key()).isEqualTo(key);
        assertThat(info.size()).isEqualTo(12_345);
        assertThat(info.metadata()).containsExactly(Map.entry("name", "value"));
    }

    @Test
    default void headAndGetAreCold() {
        ObjectKey key = freshKey();
        Mono<ObjectInfo> head = store().head(key);
        Mono<byte[]> get = store().get(key, copying());

        write(key, bytes(1, 10));
        assertThat(value(head).size()).isEqualTo(10);
        assertThat(value(get)).isEqualTo(bytes(1, 10));

        write(key, bytes(2, 20));
        assertThat(value(head).size()).isEqualTo(20);
        assertThat(value(get)).isEqualTo(bytes(2, 20));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 0, 1",
        "0, 300000, 0, 300000",
        "1, 299998, 1, 299999",
        "299999, 1, 299999, 300000",
        "150000, 65537, 150000, 215537",
        "299999, 1000, 299999, 300000",
        "0, 9000000000, 0, 300000",
        "7, 9223372036854775807, 7, 300000"
    })
    default void rangeIsReadUpToTheEndOfTheObject(long offset, long length, int from, int to) {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(11, 300_000);
        complete(store().put(key, content(bytes), metadata("name", "value")));
        List<ObjectInfo> told = new CopyOnWriteArrayList<>();

        byte[] range = value(store().get(key, offset, length, (info, body) -> {
            told.add(info);
            return copying().read(info, body);
        }));

        assertThat(range).isEqualTo(Arrays.copyOfRange(bytes, from, to));
        assertThat(told).hasSize(1);
        assertThat(told.get(0).size()).isEqualTo(to - from);
        assertThat(told.get(0).metadata()).containsExactly(Map.entry("name", "value"));
    }

    @ParameterizedTest
    @CsvSource({"10, 10", "10, 11", "10, 9000000000", "0, 0", "0, 1"})
    default void rangeBehindTheEndIsRejected(int size, long offset) {
        ObjectKey key = freshKey();
        write(key, bytes(1, size));

        assertThrows(StoreException.Rejected.class, waiting(store().get(key, offset, 5, copying())));
    }

    @Test
    default void readerThatStopsEarlyReleasesTheConnection() {
        repeatedly((info, body) -> body.next().map(ByteBuffer::remaining));
    }

    @Test
    default void readerThatReadsNothingReleasesTheConnection() {
        repeatedly((info, body) -> Mono.just(1));
    }

    @Test
    default void readerThatHasNoResultReleasesTheConnection() {
        repeatedly((info, body) -> Mono.empty());
    }

    @Test
    default void readerThatFailsReleasesTheConnectionAndItsFailureIsKept() {
        IllegalStateException failure = new IllegalStateException("the reader does not like it");
        repeatedly((info, body) -> body.next().flatMap(buffer -> Mono.<Integer>error(failure)), failure);
        repeatedly((info, body) -> Mono.error(failure), failure);
        repeatedly(
                (info, body) -> {
                    throw failure;
                },
                failure);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    default void cancelledDownloadReleasesTheConnection(boolean started) {
        ObjectKey key = freshKey();
        write(key, bytes(1, 2 << 20));
        for (int i = 0; i < MORE_THAN_ALL_CONNECTIONS; i++) {
            AtomicBoolean bodyCancelled = new AtomicBoolean();
            Flux<Integer> neverDone = started
                    ? Flux.from(store().get(
                                    key,
                                    (info, body) -> body.doOnCancel(() -> bodyCancelled.set(true))
                                            .doOnNext(buffer -> assertThat(buffer.remaining())
                                                    .isPositive())
                                            .take(1)
                                            .then(Mono.<Integer>never())))
                    : Flux.from(store().get(key, (info, body) -> Mono.<Integer>never()));
            assertThat(neverDone.timeout(Duration.ofMillis(20), Mono.just(-1)).blockLast(LIMIT))
                    .isEqualTo(-1);
        }
        assertThat(read(key)).isEqualTo(bytes(1, 2 << 20));
    }

    private void repeatedly(ObjectReader<Integer> reader) {
        repeatedly(reader, null);
    }

    private void repeatedly(ObjectReader<Integer> reader, @Nullable RuntimeException expected) {
        ObjectKey key = freshKey();
        write(key, bytes(1, 2 << 20));
        for (int i = 0; i < MORE_THAN_ALL_CONNECTIONS; i++) {
            Mono<Integer> call = store().get(key, reader);
            if (expected == null) {
                assertThat(call.defaultIfEmpty(0).block(LIMIT)).isNotNegative();
            } else {
                assertThat(assertThrows(RuntimeException.class, waiting(call))).isSameAs(expected);
            }
        }
        assertThat(read(key)).isEqualTo(bytes(1, 2 << 20));
    }

    @Test
    default void slowReaderGetsOneBufferForEachItAsksFor() {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(13, (1 << 20) + 7);
        write(key, bytes);
        AtomicInteger surplus = new AtomicInteger();

        byte[] copy = value(store().get(
                        key,
                        (info, body) -> Mono.<byte[]>create(sink -> body.subscribe(new BaseSubscriber<ByteBuffer>() {
                            private final ByteBuffer received = ByteBuffer.allocate(bytes.length);
                            private final AtomicBoolean asked = new AtomicBoolean(true);
                            // The end needs no request: it may come while the last buffer is still in use.
                            private final AtomicInteger unfinished = new AtomicInteger(1);

                            @Override
                            protected void hookOnSubscribe(Subscription subscription) {
                                request(1);
                            }

                            @Override
                            protected void hookOnNext(ByteBuffer buffer) {
                                if (!asked.compareAndSet(true, false)) {
                                    surplus.incrementAndGet();
                                }
                                unfinished.incrementAndGet();
                                // The buffer is ours until the next one is asked for: used later, elsewhere.
                                Schedulers.boundedElastic().schedule(() -> {
                                    received.put(buffer);
                                    asked.set(true);
                                    request(1);
                                    finishOne();
                                });
                            }

                            @Override
                            protected void hookOnComplete() {
                                finishOne();
                            }

                            private void finishOne() {
                                if (unfinished.decrementAndGet() == 0) {
                                    sink.success(received.array());
                                }
                            }

                            @Override
                            protected void hookOnError(Throwable failure) {
                                sink.error(failure);
                            }
                        }))));

        assertThat(copy).isEqualTo(bytes);
        assertThat(surplus).hasValue(0);
    }

    @Test
    default void manyReadersAreServedAtOnce() {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(17, 1_500_007);
        write(key, bytes);

        Long equal = Flux.range(0, 48)
                .flatMap(i -> store().get(key, copying()).subscribeOn(Schedulers.boundedElastic()), 24)
                .filter(copy -> Arrays.equals(copy, bytes))
                .count()
                .block(LIMIT);

        assertThat(equal).isEqualTo(48);
    }
}
