package io.walarchiver.store;

import java.nio.ByteBuffer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * Consumes one download; given to {@link ObjectStore#get}.
 *
 * @param <T> what the reader makes of the bytes
 */
@FunctionalInterface
public interface ObjectReader<T> {

    /**
     * Turns the body into a result. Called once per download, after the store has answered.
     *
     * @param info what the store told about the object; {@code size} is the length of this body, also for a range
     * @param body the bytes, in order. Subscribe at most once. Each buffer belongs to the reader until it asks for the
     *             next one. Ends with {@link StoreException.Unavailable} when the connection breaks or the body is
     *             shorter than announced
     * @return the result; when it terminates or is cancelled, an unfinished body is cancelled by the store
     */
    Publisher<T> read(ObjectInfo info, Flux<ByteBuffer> body);
}
