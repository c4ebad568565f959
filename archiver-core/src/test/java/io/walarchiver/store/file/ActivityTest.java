package io.walarchiver.store.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class ActivityTest {

    private final AtomicBoolean closed = new AtomicBoolean();
    private final Activity activity = new Activity(closed);

    @Test
    void workThatWasGivenUpBeforeItBeganIsNotDone() throws Exception {
        assertThat(activity.giveUp()).isFalse();

        assertThat(activity.<String>run(() -> {
                    throw new AssertionError("must not run");
                }))
                .isNull();
    }

    @Test
    void givingUpWhileTheWorkIsGoingOnSaysSoAndEndsIt() throws Exception {
        boolean[] going = {false};

        assertThat(activity.<String>run(() -> {
                    going[0] = activity.giveUp();
                    activity.step();
                    return "done";
                }))
                .isNull();

        assertThat(going[0]).isTrue();
    }

    @Test
    void givingUpAfterTheWorkIsOverIsHarmless() throws Exception {
        assertThat(activity.<String>run(() -> "done")).isEqualTo("done");

        assertThat(activity.giveUp()).isFalse();
    }

    @Test
    void closingTheStoreEndsTheWork() {
        assertThatThrownBy(() -> activity.<String>run(() -> {
                    closed.set(true);
                    activity.step();
                    return "done";
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void silenceIsNoticedOnlyWhileProgressIsExpected() {
        Duration limit = Duration.ofMillis(40);
        activity.rest();
        StepVerifier.create(activity.stalled(limit, IllegalStateException::new))
                .expectSubscription()
                .expectNoEvent(limit.multipliedBy(4))
                .then(activity::watch)
                .expectError(IllegalStateException.class)
                .verify(Duration.ofSeconds(30));
    }
}
