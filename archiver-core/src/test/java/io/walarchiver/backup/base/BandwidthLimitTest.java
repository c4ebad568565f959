package io.walarchiver.backup.base;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class BandwidthLimitTest {

    @Test
    void withoutALimitNobodyWaits() {
        VirtualTimeScheduler timer = VirtualTimeScheduler.create();
        BandwidthLimit limit = new BandwidthLimit(OptionalLong.empty(), timer);
        limit.sending(1L << 40);
        StepVerifier.create(limit.admit()).expectComplete().verify(Duration.ofSeconds(10));
    }

    @Test
    void whatWasSentIsWaitedForBeforeTheNext() {
        VirtualTimeScheduler timer = VirtualTimeScheduler.create();
        BandwidthLimit limit = new BandwidthLimit(OptionalLong.of(1000), timer);
        StepVerifier.create(limit.admit()).expectComplete().verify(Duration.ofSeconds(10));
        limit.sending(3000);
        limit.sending(2000);

        StepVerifier.create(admitted(limit))
                .expectSubscription()
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(4999)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(1)))
                .expectNext(true)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void idleTimeIsNotSaved() {
        VirtualTimeScheduler timer = VirtualTimeScheduler.create();
        BandwidthLimit limit = new BandwidthLimit(OptionalLong.of(1000), timer);
        timer.advanceTimeBy(Duration.ofHours(1));
        limit.sending(1000);

        StepVerifier.create(admitted(limit))
                .expectSubscription()
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(999)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(1)))
                .expectNext(true)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    private static Mono<Boolean> admitted(BandwidthLimit limit) {
        return limit.admit().thenReturn(true);
    }
}
