package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.request.CallGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class DrainTest {

    private static final Duration GRACE = Duration.ofSeconds(30);

    @TempDir
    private Path pgdata;

    private final CallGate gate = new CallGate();

    @Test
    void nothingToWaitForEndsAtOnce() {
        StepVerifier.withVirtualTime(() -> new Drain(gate, pgdata, Drain.QUIET).completion(GRACE))
                .expectSubscription()
                .thenAwait(Duration.ofMillis(1))
                .verifyComplete();
    }

    @Test
    void runningServerIsGivenTimeToAskAgain() throws IOException {
        Files.createFile(pgdata.resolve("postmaster.pid"));
        StepVerifier.withVirtualTime(() -> new Drain(gate, pgdata, Drain.QUIET).completion(GRACE))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(2900))
                .thenCancel()
                .verify();
    }

    @Test
    void inAPodTheServerMayWriteACheckpointFirst() throws IOException {
        Files.createFile(pgdata.resolve("postmaster.pid"));
        StepVerifier.withVirtualTime(
                        () -> new Drain(gate, pgdata, Drain.QUIET_IN_A_POD).completion(Duration.ofMinutes(30)))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(29_900))
                .thenCancel()
                .verify();
    }

    @Test
    void serverThatGoesDownEndsTheWait() throws IOException {
        Path pid = Files.createFile(pgdata.resolve("postmaster.pid"));
        StepVerifier.withVirtualTime(() -> new Drain(gate, pgdata, Drain.QUIET).completion(GRACE))
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(1))
                .then(() -> pid.toFile().delete())
                .thenAwait(Duration.ofMillis(100))
                .verifyComplete();
    }

    @Test
    void runningCallIsWaitedForButNotLongerThanTheGrace() {
        Disposable call = gate.pass(Mono.never()).subscribe();
        StepVerifier.withVirtualTime(() -> new Drain(gate, pgdata, Drain.QUIET).completion(GRACE))
                .expectSubscription()
                .expectNoEvent(GRACE.minusMillis(1))
                .thenAwait(Duration.ofMillis(1))
                .verifyComplete();
        call.dispose();
    }
}
