package io.walarchiver.store;

import static io.walarchiver.store.ObjectStoreFixture.bytes;
import static io.walarchiver.store.ObjectStoreFixture.complete;
import static io.walarchiver.store.ObjectStoreFixture.content;
import static io.walarchiver.store.ObjectStoreFixture.freshKey;
import static io.walarchiver.store.ObjectStoreFixture.freshPrefix;
import static io.walarchiver.store.ObjectStoreFixture.metadata;
import static io.walarchiver.store.ObjectStoreFixture.value;
import static io.walarchiver.store.ObjectStoreFixture.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Writing and deleting. */
public interface ObjectStoreWriteContract extends ObjectStoreFixture {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, (5 << 20) - 1, 5 << 20, (5 << 20) + 1, (16 << 20) + 65_537})
    default void objectOfAnySizeIsReadBackUnchanged(int length) {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(length, length);

        complete(store().put(key, content(bytes), PutOptions.NONE));

        assertThat(read(key)).isEqualTo(bytes);
        assertThat(value(store().head(key)).size()).isEqualTo(length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, (5 << 20) - 1, 5 << 20, (5 << 20) + 1, (16 << 20) + 65_537})
    default void conditionallyCreatedObjectOfAnySizeIsReadBackUnchanged(int length) {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(length, length);

        complete(store().putIfAbsent(key, content(bytes), PutOptions.NONE));

        assertThat(read(key)).isEqualTo(bytes);
        assertThat(value(store().head(key)).size()).isEqualTo(length);
    }

    @Test
    default void contentInSeveralBuffersArrivesInOrder() {
        byte[] bytes = bytes(7, 1_000_003);
        ByteBuffer direct = ByteBuffer.allocateDirect(400_000);
        direct.position(1000).put(bytes, 0, 300_000).flip().position(1000);
        ByteBuffer heapInTheMiddle = ByteBuffer.wrap(bytes, 300_000, 500_000);
        ByteBuffer empty = ByteBuffer.allocate(0);
        ByteBuffer readOnly = ByteBuffer.wrap(bytes, 800_000, 200_003).slice().asReadOnlyBuffer();
        ObjectKey put = freshKey();
        ObjectKey created = freshKey();
        Content content = Content.of(direct, heapInTheMiddle, empty, readOnly);

        complete(store().put(put, content, PutOptions.NONE));
        complete(store().putIfAbsent(created, content, PutOptions.NONE));

        assertThat(read(put)).isEqualTo(bytes);
        assertThat(read(created)).isEqualTo(bytes);
        assertThat(direct.position()).isEqualTo(1000);
        assertThat(content.isAbandoned()).isFalse();
    }

    @Test
    default void nothingIsWrittenBeforeSubscription() {
        ObjectKey key = freshKey();
        ObjectKey kept = freshKey();
        write(kept, bytes(1, 10));

        List<Object> unused = List.of(
                store().put(key, content(bytes(1, 10)), PutOptions.NONE),
                store().putIfAbsent(key, content(bytes(1, 10)), PutOptions.NONE),
                store().startMultipart(key, PutOptions.NONE),
                store().delete(kept),
                store().delete(List.of(kept)));

        assertThat(unused).hasSize(5);
        assertThat(exists(key)).isFalse();
        assertThat(exists(kept)).isTrue();
    }

    @Test
    default void eachSubscriptionSendsTheContentAgain() {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(3, 100_003);
        Mono<Void> put = store().put(key, content(bytes), PutOptions.NONE);
        Mono<Void> create = store().putIfAbsent(key, content(bytes), PutOptions.NONE);
        Mono<Void> delete = store().delete(key);

        complete(put);
        complete(put);
        assertThat(read(key)).isEqualTo(bytes);
        complete(delete);
        complete(create);
        assertThat(read(key)).isEqualTo(bytes);
        complete(delete);
        complete(create);
        assertThat(read(key)).isEqualTo(bytes);
    }

    @Test
    default void putReplacesObjectAndItsMetadata() {
        ObjectKey key = freshKey();
        complete(store().put(key, content(bytes(1, 2000)), metadata("generation", "one")));

        complete(store().put(key, content(bytes(2, 1000)), metadata("other", "two")));

        assertThat(read(key)).isEqualTo(bytes(2, 1000));
        assertThat(value(store().head(key)).metadata()).containsExactly(Map.entry("other", "two"));
        complete(store().put(key, content(bytes(3, 10)), PutOptions.NONE));
        assertThat(value(store().head(key)).metadata()).isEmpty();
    }

    @Test
    default void creatingTakenKeyFailsAndLeavesTheOldObject() {
        ObjectKey key = freshKey();
        complete(store().putIfAbsent(key, content(bytes(1, 1000)), metadata("digest", "old")));

        assertThrows(
                StoreException.AlreadyExists.class,
                waiting(store().putIfAbsent(key, content(bytes(2, 1000)), metadata("digest", "new"))));
        assertThrows(
                StoreException.AlreadyExists.class,
                waiting(store().putIfAbsent(key, content(bytes(1, 1000)), metadata("digest", "old"))));

        assertThat(read(key)).isEqualTo(bytes(1, 1000));
        assertThat(value(store().head(key)).metadata()).containsExactly(Map.entry("digest", "old"));
    }

    @Test
    default void exactlyOneOfManyConcurrentCreatorsWins() {
        for (int round = 0; round < 4; round++) {
            ObjectKey key = freshKey();
            CountDownLatch start = new CountDownLatch(8);
            List<Boolean> won = Flux.range(0, 8)
                    .flatMap(
                            writer -> Mono.fromRunnable(() -> awaitAll(start))
                                    .then(store().putIfAbsent(
                                                    key,
                                                    content(bytes(writer, 200_000 + writer)),
                                                    metadata("writer", "w" + writer)))
                                    .thenReturn(true)
                                    .onErrorResume(StoreException.AlreadyExists.class, e -> Mono.just(false))
                                    .subscribeOn(Schedulers.boundedElastic()),
                            8)
                    .collectList()
                    .block(LIMIT);

            assertThat(won).hasSize(8).containsOnlyOnce(true);
            ObjectInfo info = value(store().head(key));
            int winner = Math.toIntExact(info.size() - 200_000);
            assertThat(read(key)).isEqualTo(bytes(winner, 200_000 + winner));
            assertThat(info.metadata()).containsExactly(Map.entry("writer", "w" + winner));
        }
    }

    private static void awaitAll(CountDownLatch start) {
        start.countDown();
        try {
            start.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    default void metadataIsReadBack() {
        ObjectKey put = freshKey();
        ObjectKey created = freshKey();
        Map<String, String> metadata = Map.of(
                "digest", "crc64nvme:0123456789abcdef",
                "original-length", "16777216",
                "with-spaces", "a b  c",
                "punctuation", "=,;:%+&\"'<>/\\{}[]~");
        PutOptions options = PutOptions.NONE.withMetadata(metadata);

        complete(store().put(put, content(bytes(1, 10)), options));
        complete(store().putIfAbsent(created, content(bytes(1, 10)), options));

        assertThat(value(store().head(put)).metadata()).isEqualTo(metadata);
        assertThat(value(store().head(created)).metadata()).isEqualTo(metadata);
        assertThat(value(store().get(put, (info, body) -> body.then(Mono.just(info))))
                        .metadata())
                .isEqualTo(metadata);
    }

    @Test
    default void tagsAreAccepted() {
        ObjectKey key = freshKey();
        PutOptions options = new PutOptions(Map.of(), Map.of("retention", "30 days", "a+b", "c=d&e"), Optional.empty());

        complete(store().putIfAbsent(key, content(bytes(1, 10)), options));

        assertThat(read(key)).isEqualTo(bytes(1, 10));
    }

    @Test
    default void encryptionIsAcceptedOrClearlyRefused() {
        ObjectKey key = freshKey();
        PutOptions options = new PutOptions(Map.of(), Map.of(), Optional.of(new ServerSideEncryption.Aes256()));
        Mono<Void> create = store().putIfAbsent(key, content(bytes(1, 10)), options);

        if (acceptsEncryption()) {
            complete(create);
            assertThat(read(key)).isEqualTo(bytes(1, 10));
        } else {
            assertThrows(StoreException.Rejected.class, waiting(create));
            assertThat(exists(key)).isFalse();
        }
    }

    @Test
    default void cancelledWriteLeavesNoPartOfAnObject() {
        byte[] bytes = bytes(5, 5 << 20);
        for (int attempt = 0; attempt < 12; attempt++) {
            ObjectKey key = freshKey();
            // Some attempts end before they have begun, some in the middle, some after they took effect.
            Duration patience = Duration.ofMillis(attempt * 4L);
            Mono<Void> create = attempt % 2 == 0
                    ? store().putIfAbsent(key, content(bytes), PutOptions.NONE)
                    : store().put(key, content(bytes), PutOptions.NONE);

            assertThat(create.thenReturn(true)
                            .timeout(patience, Mono.just(false))
                            .block(LIMIT))
                    .isNotNull();

            if (exists(key)) {
                assertThat(read(key)).isEqualTo(bytes);
            }
        }
    }

    @Test
    default void deletedObjectIsGoneAndItsKeyIsFree() {
        ObjectKey key = freshKey();
        complete(store().putIfAbsent(key, content(bytes(1, 10)), metadata("generation", "one")));

        complete(store().delete(key));

        assertThat(exists(key)).isFalse();
        complete(store().putIfAbsent(key, content(bytes(2, 10)), PutOptions.NONE));
        assertThat(read(key)).isEqualTo(bytes(2, 10));
        assertThat(value(store().head(key)).metadata()).isEmpty();
    }

    @Test
    default void deletingAbsentObjectSucceeds() {
        complete(store().delete(freshKey()));
        assertThat(store().delete(List.of(freshKey(), freshKey())).collectList().block(LIMIT))
                .isEmpty();
    }

    @Test
    default void deletingNothingSucceeds() {
        assertThat(store().delete(List.of()).collectList().block(LIMIT)).isEmpty();
    }

    @Test
    default void batchDeleteTakesMoreKeysThanOneRequestCanHold() {
        String prefix = freshPrefix();
        List<ObjectKey> present = IntStream.range(0, 40)
                .mapToObj(i -> new ObjectKey(prefix + "present & <kept> " + i))
                .toList();
        present.forEach(key -> write(key, bytes(1, 3)));
        ObjectKey neighbour = new ObjectKey(prefix + "present & <kept> 4x");
        write(neighbour, bytes(1, 3));
        List<ObjectKey> all = new ArrayList<>(IntStream.range(0, 1160)
                .mapToObj(i -> new ObjectKey(prefix + "absent " + i))
                .toList());
        all.addAll(present);

        assertThat(store().delete(all).collectList().block(LIMIT)).isEmpty();

        assertThat(store().list(prefix).map(ObjectInfo::key).collectList().block(LIMIT))
                .containsExactly(neighbour);
    }

    @Test
    default void keyBelowAnObjectIsStoredOrRefused() {
        String prefix = freshPrefix();
        ObjectKey parent = new ObjectKey(prefix + "a");
        ObjectKey child = new ObjectKey(prefix + "a/b");
        write(parent, bytes(1, 10));
        Mono<Void> create = store().putIfAbsent(child, content(bytes(2, 10)), PutOptions.NONE);

        if (nestsKeys()) {
            complete(create);
            assertThat(read(child)).isEqualTo(bytes(2, 10));
        } else {
            assertThrows(StoreException.class, waiting(create));
            assertThat(exists(child)).isFalse();
        }
        assertThat(read(parent)).isEqualTo(bytes(1, 10));
    }

    @Test
    default void keyAboveAnObjectIsStoredOrRefused() {
        String prefix = freshPrefix();
        ObjectKey parent = new ObjectKey(prefix + "a");
        ObjectKey child = new ObjectKey(prefix + "a/b");
        write(child, bytes(2, 10));
        assertThat(exists(parent)).isFalse();
        complete(store().delete(parent));
        Mono<Void> put = store().put(parent, content(bytes(1, 10)), PutOptions.NONE);
        Mono<Void> create = store().putIfAbsent(parent, content(bytes(1, 10)), PutOptions.NONE);

        if (nestsKeys()) {
            complete(create);
            complete(put);
            assertThat(read(parent)).isEqualTo(bytes(1, 10));
        } else {
            assertThrows(StoreException.class, waiting(create));
            assertThrows(StoreException.class, waiting(put));
        }
        assertThat(read(child)).isEqualTo(bytes(2, 10));
    }

    @Test
    default void callsOnClosedStoreFailAndDoNotHang() {
        ObjectStore closed = openStore();
        ObjectKey key = freshKey();
        complete(closed.put(key, content(bytes(1, 10)), PutOptions.NONE));
        closed.close();
        closed.close();

        for (Mono<?> call : Arrays.<Mono<?>>asList(
                closed.put(key, content(bytes(1, 10)), PutOptions.NONE),
                closed.putIfAbsent(freshKey(), content(bytes(1, 10)), PutOptions.NONE),
                closed.head(key),
                closed.get(key, ObjectStoreFixture.copying()),
                closed.list(key.value()).then(),
                closed.listPrefixes("contract/").then(),
                closed.delete(key),
                closed.startMultipart(freshKey(), PutOptions.NONE))) {
            assertThrows(StoreException.class, waiting(call));
        }
        assertThat(read(key)).isEqualTo(bytes(1, 10));
    }

    @Test
    default void locationNamesThePlaceWithoutSecrets() {
        assertThat(store().location()).isNotBlank();
        for (String secret : secrets()) {
            assertThat(store().location()).doesNotContain(secret);
        }
        StoreException failure = assertThrows(StoreException.class, waiting(store().head(freshKey())));
        assertThat(failure).hasMessageContaining(store().location());
    }
}
