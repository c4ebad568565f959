package io.walarchiver.backup.recovery;

import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/**
 * Lets one failure through of several things done at once. The others would be reported as dropped, although they say
 * nothing new: whoever hears of the first cancels the rest.
 */
final class FirstFailure {

    private final AtomicBoolean told = new AtomicBoolean();

    <T> Mono<T> of(Mono<T> work) {
        return work.onErrorResume(failure -> told.compareAndSet(false, true) ? Mono.error(failure) : Mono.never());
    }
}
