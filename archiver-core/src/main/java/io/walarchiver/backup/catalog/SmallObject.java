package io.walarchiver.backup.catalog;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import java.nio.ByteBuffer;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** Objects that are a few kilobytes when nothing is wrong: records, annotations. */
final class SmallObject {

    private SmallObject() {}

    /**
     * The content of an object, or {@link StoreException.NotFound}.
     *
     * @param limit largest size that is read
     * @return empty when the object is larger
     */
    static Mono<Optional<byte[]>> read(ObjectStore store, ObjectKey key, int limit) {
        return store.get(key, (info, body) -> {
            if (info.size() > limit) {
                return Mono.just(Optional.<byte[]>empty());
            }
            ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(info.size()));
            // No prefetch: a buffer is ours only until the next one is asked for.
            return body.concatMap(
                            buffer -> {
                                if (buffer.remaining() > content.remaining()) {
                                    return Mono.error(unexpected(store, key, "more", info.size()));
                                }
                                content.put(buffer);
                                return Mono.empty();
                            },
                            0)
                    .then(Mono.defer(() -> content.hasRemaining()
                            ? Mono.error(unexpected(store, key, "fewer", info.size()))
                            : Mono.just(Optional.of(content.array()))));
        });
    }

    private static StoreException unexpected(ObjectStore store, ObjectKey key, String relation, long size) {
        return new StoreException.Unavailable(
                "reading " + key + " from " + store.location() + ": " + relation + " bytes came than the announced "
                        + size,
                StoreException.Detail.NONE,
                null);
    }
}
