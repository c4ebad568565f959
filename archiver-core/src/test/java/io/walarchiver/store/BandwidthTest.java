package io.walarchiver.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(30)
class BandwidthTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Bandwidth bandwidth = bandwidth(1000);
    private final List<String> done = new ArrayList<>();

    private Bandwidth bandwidth(long bytesPerSecond) {
        return new Bandwidth(bytesPerSecond, time, () -> time.now(TimeUnit.NANOSECONDS));
    }

    @CanIgnoreReturnValue
    private Disposable ask(String name, long bytes) {
        return bandwidth.acquire(bytes).doOnSuccess(turn -> done.add(name)).subscribe();
    }

    private void pass(long millis) {
        time.advanceTimeBy(Duration.ofMillis(millis));
    }

    @Test
    void aFullBucketLetsOneSecondsWorthThroughAtOnce() {
        ask("a", 400);
        ask("b", 600);
        ask("c", 1);
        ask("d", 1);

        assertThat(done).containsExactly("a", "b", "c");
        pass(1);
        assertThat(done).containsExactly("a", "b", "c", "d");
    }

    @Test
    void aRequestLargerThanTheBucketGoesAtOnceAndTheNextOnePays() {
        ask("large", 5000);
        assertThat(done).containsExactly("large");

        ask("next", 1);
        pass(3999);
        assertThat(done).containsExactly("large");
        pass(1);
        assertThat(done).containsExactly("large", "next");
    }

    @Test
    void anIdleHourSavesNoMoreThanOneSecond() {
        ask("first", 1000);
        pass(3_600_000);

        ask("second", 1000);
        ask("third", 1000);
        ask("fourth", 1);

        assertThat(done).containsExactly("first", "second", "third");
        pass(1000);
        assertThat(done).containsExactly("first", "second", "third", "fourth");
    }

    @Test
    void turnsComeInTheOrderOfTheRequests() {
        ask("a", 2000);
        ask("b", 500);
        ask("c", 1);

        pass(1000);
        assertThat(done).containsExactly("a", "b");
        pass(500);
        assertThat(done).containsExactly("a", "b", "c");
    }

    @Test
    void whoGivesUpWaitingTakesNothing() {
        ask("a", 2000);
        Disposable waiting = ask("b", 100_000);
        waiting.dispose();
        ask("c", 1);

        pass(1000);
        assertThat(done).containsExactly("a", "c");
    }

    @Test
    void whoWasServedCannotGiveBack() {
        Disposable served = ask("a", 2000);
        served.dispose();
        ask("b", 1);

        pass(999);
        assertThat(done).containsExactly("a");
    }

    @Test
    void overALongTimeTheRateHolds() {
        StepVerifier.withVirtualTime(() -> {
                    VirtualTimeScheduler virtual = VirtualTimeScheduler.get();
                    Bandwidth limited = new Bandwidth(1 << 20, virtual, () -> virtual.now(TimeUnit.NANOSECONDS));
                    return Flux.range(0, 600)
                            .concatMap(i -> limited.acquire(1 << 20).thenReturn(i));
                })
                .expectSubscription()
                .expectNextCount(2)
                .thenAwait(Duration.ofSeconds(597))
                .expectNextCount(597)
                .expectNoEvent(Duration.ofMillis(999))
                .thenAwait(Duration.ofMillis(1))
                .expectNextCount(1)
                .expectComplete()
                .verify(Duration.ofSeconds(20));
    }

    @Test
    void nothingWaitsWithoutLimit() {
        StepVerifier.create(Bandwidth.UNLIMITED.acquire(Long.MAX_VALUE)).verifyComplete();
    }

    @Test
    void anAskForEnormousAmountsDoesNotOverflow() {
        Bandwidth slow = bandwidth(1);
        StepVerifier.create(slow.acquire(Long.MAX_VALUE)).verifyComplete();
        for (int i = 0; i < 10; i++) {
            StepVerifier.create(slow.acquire(Long.MAX_VALUE).doOnSuccess(turn -> done.add("too early")))
                    .expectSubscription()
                    .then(() -> pass(3_600_000))
                    .thenCancel()
                    .verify(Duration.ofSeconds(5));
        }
        assertThat(done).isEmpty();
    }

    @Test
    void aBandwidthOfNothingIsRefused() {
        assertThatThrownBy(() -> bandwidth(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> bandwidth.acquire(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
