package io.walarchiver.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class InMemoryObjectStoreTest implements ObjectStoreContract {

    private final InMemoryObjectStore store = new InMemoryObjectStore();

    @Override
    public ObjectStore store() {
        return store;
    }

    @Override
    public ObjectStore openStore() {
        return store.another();
    }

    @Override
    public OptionalInt openUploads() {
        return OptionalInt.of(store.openUploads());
    }

    @Test
    void requestsAreCountedPageByPage() {
        for (int i = 0; i < 2500; i++) {
            store.place(new ObjectKey("wals/" + i), new byte[1], Map.of());
        }

        assertThat(store.list("wals/").take(1).count().block()).isEqualTo(1);
        assertThat(store.requests(StoreOperation.LIST)).isEqualTo(1);
        assertThat(store.list("wals/").count().block()).isEqualTo(2500);
        assertThat(store.requests(StoreOperation.LIST)).isEqualTo(4);
        assertThat(store.delete(store.keys()).count().block()).isZero();
        assertThat(store.requests(StoreOperation.DELETE_BATCH)).isEqualTo(3);
        assertThat(store.requests()).isEqualTo(7);
    }

    @Test
    void whatWasSentWithAnObjectIsRemembered() {
        PutOptions options = new PutOptions(
                Map.of("digest", "x"), Map.of("tag", "y"), Optional.of(new ServerSideEncryption.Aes256()));
        ObjectKey key = new ObjectKey("key");

        ObjectStoreFixture.complete(store.put(key, ObjectStoreFixture.content(new byte[] {1, 2}), options));

        InMemoryObjectStore.StoredObject stored = store.stored(key).orElseThrow();
        assertThat(stored.options()).isEqualTo(options);
        assertThat(stored.toByteArray()).containsExactly(1, 2);
    }

    @Test
    void bufferIsOverwrittenWhenTheNextOneIsAskedFor() {
        ObjectKey key = new ObjectKey("key");
        byte[] bytes = ObjectStoreFixture.bytes(1, 200_000);
        store.place(key, bytes, Map.of());

        List<ByteBuffer> kept = ObjectStoreFixture.value(store.get(key, (info, body) -> body.collectList()));

        byte[] first = new byte[1000];
        kept.get(0).get(first);
        assertThat(first).isNotEqualTo(Arrays.copyOf(bytes, 1000));
    }

    @Test
    void bodyCanBeReadOnce() {
        ObjectKey key = new ObjectKey("key");
        store.place(key, new byte[10], Map.of());

        assertThrows(
                IllegalStateException.class,
                ObjectStoreFixture.waiting(store.get(key, (info, body) -> body.then(body.then(Mono.just(1))))));
        assertThat(store.openDownloads()).isZero();
    }
}
