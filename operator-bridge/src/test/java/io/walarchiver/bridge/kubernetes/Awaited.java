package io.walarchiver.bridge.kubernetes;

import java.time.Duration;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Waits for an answer, for a bounded time. */
public final class Awaited {

    public static final Duration LIMIT = Duration.ofSeconds(30);

    private Awaited() {}

    /** The value, which has to come. */
    public static <T> T await(Mono<T> answer) {
        return Objects.requireNonNull(answer.block(LIMIT), "no value");
    }

    /** The end, without a value. */
    public static void awaitEnd(Mono<?> answer) {
        answer.then().block(LIMIT);
    }
}
