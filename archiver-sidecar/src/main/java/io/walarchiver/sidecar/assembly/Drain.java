package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.request.CallGate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * When to stop serving after SIGTERM. A server that is shutting down archives its last segments after everybody was told
 * to end, so calls are answered until PostgreSQL is down and nothing runs, or has not asked for a while, or the grace is
 * over (CNPG-I contract, trap 50).
 */
final class Drain {

    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

    private static final Duration LOOK_EVERY = Duration.ofMillis(50);

    /** PostgreSQL archives one file after the other without pausing; three seconds of silence mean that it has none. */
    static final Duration QUIET = Duration.ofSeconds(3);

    /**
     * In a Pod this container is told last, so that a server which still runs is either going down, with a checkpoint
     * before its last segments, or was killed and left its file behind, and must not hold up the end of the Pod for long.
     */
    static final Duration QUIET_IN_A_POD = Duration.ofSeconds(30);

    private final CallGate gate;
    private final Path postmasterPid;
    private final Duration quiet;

    /** @param quiet for how long a server that has not ended must not have asked */
    Drain(CallGate gate, Path pgdata, Duration quiet) {
        this.gate = gate;
        this.postmasterPid = pgdata.resolve("postmaster.pid");
        this.quiet = quiet;
    }

    /**
     * Goes on answering until serving may end, for at most {@code grace}. A running backup is stopped first: it would take
     * hours, and the server it copies is about to end. Blocks.
     */
    void await(Duration grace, Optional<BackupWork> backup) {
        LOG.info("ending: answering what PostgreSQL still asks, for at most {} s", grace.toSeconds());
        backup.ifPresent(BackupWork::stop);
        completion(grace).block(grace.plusSeconds(5));
    }

    /** Completes when serving may end. */
    Mono<Void> completion(Duration grace) {
        return Flux.interval(Duration.ZERO, LOOK_EVERY)
                .onBackpressureDrop()
                .filter(tick -> isDone(LOOK_EVERY.multipliedBy(tick)))
                .next()
                .timeout(grace, Mono.empty())
                .then();
    }

    private boolean isDone(Duration waited) {
        if (gate.running() > 0) {
            return false;
        }
        return !Files.exists(postmasterPid)
                || waited.compareTo(quiet) >= 0 && gate.quietFor().compareTo(quiet) >= 0;
    }
}
