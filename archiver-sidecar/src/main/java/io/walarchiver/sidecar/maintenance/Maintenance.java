package io.walarchiver.sidecar.maintenance;

import io.walarchiver.sidecar.request.Failure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Round after round as long as the process lives: retention, then the catalog, the WAL and from time to time a part of
 * everything read back. Only on the primary: its archive is nobody else's to clean. A step that fails does not keep the
 * others from running, except that nothing is deleted by a round that could not tell its role.
 */
public final class Maintenance {

    private final MaintenanceWork work;
    private final PrimaryRole role;
    private final String server;
    private final RecoveryWindowPublisher publisher;
    private final MaintenanceObserver observer;
    private final Timing timing;
    private final Clock clock;
    private final Scheduler timer;
    private final AtomicReference<MaintenanceStatus> status = new AtomicReference<>(MaintenanceStatus.UNKNOWN);
    // Rounds follow each other; this belongs to the round that runs.
    private @Nullable Instant inventoryAt;
    private volatile Duration pause;

    /**
     * When things happen.
     *
     * @param first     pause before the first round
     * @param every     pause between two rounds
     * @param afterFailure pause after a round in which something failed, when that is shorter
     * @param inventory least time between two listings of all WAL
     * @param verify    least time between two readings; empty for never
     */
    public record Timing(
            Duration first, Duration every, Duration afterFailure, Duration inventory, Optional<Duration> verify) {}

    /** @param server the name of the server in the archive */
    public Maintenance(
            MaintenanceWork work,
            PrimaryRole role,
            String server,
            RecoveryWindowPublisher publisher,
            MaintenanceObserver observer,
            Timing timing,
            Clock clock,
            Scheduler timer) {
        this.work = work;
        this.role = role;
        this.server = server;
        this.publisher = publisher;
        this.observer = observer;
        this.timing = timing;
        this.pause = timing.first;
        this.clock = clock;
        this.timer = timer;
    }

    /** What the last rounds found. */
    public MaintenanceStatus status() {
        return Objects.requireNonNull(status.get());
    }

    /** Works until cancelled; never fails and never completes. */
    public Mono<Void> run() {
        return Mono.defer(() -> {
            pause = timing.first;
            return Mono.defer(() -> Mono.delay(pause, timer))
                    .flatMap(elapsed -> round())
                    .doOnNext(good -> pause = good ? every() : pauseAfterFailure())
                    .repeat()
                    .then();
        });
    }

    private Duration every() {
        return work.pause().orElse(timing.every);
    }

    private Duration pauseAfterFailure() {
        Duration every = every();
        return timing.afterFailure.compareTo(every) < 0 ? timing.afterFailure : every;
    }

    /** One round; tells whether all went well. Never fails. */
    Mono<Boolean> round() {
        return role.isPrimary()
                .flatMap(primary -> {
                    status.updateAndGet(known -> known.withPrimary(primary));
                    return primary ? steps() : Mono.just(true);
                })
                .onErrorResume(failure -> {
                    failed("role", failure);
                    return Mono.just(false);
                })
                .doOnNext(good -> {
                    if (good) {
                        status.updateAndGet(known -> known.withRound(clock.instant()));
                    }
                });
    }

    private Mono<Boolean> steps() {
        Mono<Boolean> retention = step("retention", work.retain().doOnNext(summary -> {
            status.updateAndGet(known -> known.with(summary));
            observer.retained(summary);
        }));
        Mono<Boolean> catalog = step("catalog", lookAtCatalog());
        Mono<Boolean> inventory = step("inventory", Mono.defer(this::listWal));
        Mono<Boolean> verification = step("verification", Mono.defer(this::readBack));
        return retention.flatMap(first -> catalog.flatMap(
                second -> inventory.flatMap(third -> verification.map(fourth -> first && second && third && fourth))));
    }

    /** Looks at the catalog at once, for example because a backup has ended. Fails when that is not possible. */
    public Mono<Void> lookAtCatalog() {
        return work.catalog().flatMap(found -> {
            status.updateAndGet(known -> known.with(found.summary()));
            return publisher.publish(server, found.window());
        });
    }

    private Mono<Void> listWal() {
        if (!isDue(inventoryAt, timing.inventory)) {
            return Mono.empty();
        }
        return work.inventory()
                .doOnNext(found -> {
                    inventoryAt = clock.instant();
                    status.updateAndGet(known -> known.with(found));
                })
                .then();
    }

    private Mono<Void> readBack() {
        if (timing.verify.isEmpty()) {
            return Mono.empty();
        }
        return work.lastVerification()
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .filter(last -> isDue(last.orElse(null), timing.verify.get()))
                .flatMap(due -> work.verify())
                .doOnNext(found -> {
                    status.updateAndGet(known -> known.with(found));
                    observer.verified(found);
                })
                .then();
    }

    private boolean isDue(@Nullable Instant last, Duration least) {
        return last == null || !clock.instant().isBefore(last.plus(least));
    }

    private Mono<Boolean> step(String name, Mono<?> step) {
        return step.then(Mono.just(true)).onErrorResume(failure -> {
            failed(name, failure);
            return Mono.just(false);
        });
    }

    private void failed(String step, Throwable failure) {
        status.updateAndGet(
                known -> known.withFailure(step + ": " + Failure.of(failure).message()));
        observer.failed(step, failure);
    }
}
