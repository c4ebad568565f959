package io.walarchiver.sidecar.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;

class CallGateTest {

    private final CallGate gate = new CallGate();

    @Test
    void callsAreCountedUntilTheyCompleteFailOrAreCancelled() {
        StepVerifier.create(gate.pass(Mono.just(1))
                        .doOnNext(n -> assertThat(gate.running()).isEqualTo(1)))
                .expectNext(1)
                .verifyComplete();
        StepVerifier.create(gate.pass(Mono.error(new InvalidRequestException("no"))))
                .verifyError(InvalidRequestException.class);
        Disposable pending = gate.pass(Mono.never()).subscribe();
        assertThat(gate.running()).isEqualTo(1);
        assertThat(gate.quietFor()).isZero();
        pending.dispose();
        assertThat(gate.running()).isZero();
    }

    @Test
    void closedGateRefusesWithoutStartingTheCall() {
        PublisherProbe<Integer> probe = PublisherProbe.of(Mono.just(1));
        Mono<Integer> call = gate.pass(probe.mono());
        gate.close();
        StepVerifier.create(call).verifyError(RefusedException.class);
        probe.assertWasNotSubscribed();
        assertThat(gate.quietFor()).isGreaterThanOrEqualTo(Duration.ZERO);
    }
}
