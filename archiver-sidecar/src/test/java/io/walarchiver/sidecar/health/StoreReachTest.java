package io.walarchiver.sidecar.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.StoreOperation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class StoreReachTest {

    private final SettableClock clock = new SettableClock();
    private final InMemoryObjectStore memory = new InMemoryObjectStore();
    private final StoreReach reach = new StoreReach(clock);
    private final FaultyObjectStore store = new FaultyObjectStore(memory);

    @Test
    void recentAnswerIsProofEnough() {
        reach.requestCompleted("put_object", "ok", Duration.ZERO);
        clock.now = Instant.EPOCH.plusSeconds(29);
        assertFinding(true);
        assertThat(store.calls(StoreOperation.LIST)).isZero();
    }

    @Test
    void silenceIsBrokenByAQuestion() {
        assertFinding(true);
        assertThat(store.calls(StoreOperation.LIST)).isEqualTo(1);
    }

    @Test
    void failedRequestMakesUsAskAndTheAnswerIsKeptForAWhile() {
        reach.requestCompleted("put_object", "ok", Duration.ZERO);
        reach.requestCompleted("put_object", "unavailable", Duration.ZERO);
        store.script(StoreOperation.LIST, Fault.unavailable());
        assertFinding(false);
        assertFinding(false);
        assertThat(store.calls(StoreOperation.LIST)).isEqualTo(1);
        clock.now = Instant.EPOCH.plusSeconds(6);
        assertFinding(true);
    }

    @Test
    void storeThatAnswersNotFoundIsReachable() {
        reach.requestCompleted("get_object", "not_found", Duration.ZERO);
        assertFinding(true);
        assertThat(store.calls(StoreOperation.LIST)).isZero();
    }

    @Test
    void silentStoreIsGivenUpAfterFiveSeconds() {
        store.script(StoreOperation.LIST, Fault.hang());
        StepVerifier.withVirtualTime(() -> reach.finding(store, "pg/db/wals/"))
                .thenAwait(Duration.ofSeconds(5))
                .assertNext(finding -> {
                    assertThat(finding.good()).isFalse();
                    assertThat(finding.reason()).contains("certificate");
                })
                .verifyComplete();
        assertThat(store.cancellations(StoreOperation.LIST)).isEqualTo(1);
    }

    private void assertFinding(boolean good) {
        StepVerifier.create(reach.finding(store, "pg/db/wals/"))
                .assertNext(finding -> assertThat(finding.good()).isEqualTo(good))
                .verifyComplete();
    }

    private static final class SettableClock extends Clock {

        private volatile Instant now = Instant.EPOCH;

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new IllegalStateException("nobody asks for a zone");
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
