package io.walarchiver.sidecar.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.sidecar.maintenance.Maintenance.Timing;
import io.walarchiver.store.StoreException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(30)
class MaintenanceTest {

    private static final Timing TIMING = new Timing(
            Duration.ofSeconds(10),
            Duration.ofMinutes(30),
            Duration.ofMinutes(5),
            Duration.ofHours(1),
            Optional.of(Duration.ofDays(7)));

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final Work work = new Work();
    private final List<String> told = new ArrayList<>();
    private Mono<Boolean> role = Mono.just(true);
    private Mono<Void> published = Mono.empty();
    private Disposable running = Disposables.disposed();

    @AfterEach
    void stop() {
        running.dispose();
        timer.dispose();
    }

    @Test
    void nothingHappensBeforeThePauseAndEverythingAfterIt() {
        start(TIMING);
        advance(Duration.ofSeconds(9));
        assertThat(work.done).isEmpty();
        advance(Duration.ofSeconds(1));
        assertThat(work.done).containsExactly("retain", "catalog", "inventory", "verify");
        assertThat(told).containsExactly("retained", "published db", "verified");
    }

    @Test
    void roundsFollowEachOtherAndTheInventoryIsRarer() {
        start(TIMING);
        advance(Duration.ofSeconds(10));
        work.done.clear();
        advance(Duration.ofMinutes(30));
        assertThat(work.done).containsExactly("retain", "catalog");
        work.done.clear();
        advance(Duration.ofMinutes(30));
        assertThat(work.done).containsExactly("retain", "catalog", "inventory");
    }

    @Test
    void readingBackWaitsAlsoForWhatAnEarlierProcessDid() {
        work.verifiedAt = Optional.of(now().minus(Duration.ofDays(6)));
        start(TIMING);
        advance(Duration.ofSeconds(10));
        assertThat(work.done).doesNotContain("verify");
        advance(Duration.ofHours(25));
        assertThat(work.done).contains("verify");
    }

    @Test
    void readingBackCanBeOff() {
        start(new Timing(Duration.ZERO, Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ZERO, Optional.empty()));
        advance(Duration.ofDays(30));
        assertThat(work.done).contains("inventory").doesNotContain("verify");
    }

    @Test
    void standbyOnlyWaits() {
        role = Mono.just(false);
        start(TIMING);
        advance(Duration.ofHours(2));
        assertThat(work.done).isEmpty();
        assertThat(maintenance.status().primary()).contains(false);
        role = Mono.just(true);
        advance(Duration.ofMinutes(30));
        assertThat(work.done).contains("retain");
        assertThat(maintenance.status().primary()).contains(true);
    }

    @Test
    void roundThatCannotTellItsRoleDeletesNothing() {
        role = Mono.error(new IllegalStateException("no control file"));
        start(TIMING);
        advance(Duration.ofSeconds(10));
        assertThat(work.done).isEmpty();
        assertThat(told).containsExactly("failed role");
        assertThat(maintenance.status().lastFailure().orElseThrow()).startsWith("role: ");
        assertThat(maintenance.status().lastRound()).isEmpty();
    }

    @Test
    void failedStepLetsTheOthersRunAndIsTriedAgainSooner() {
        work.retention = Mono.error(away());
        start(TIMING);
        advance(Duration.ofSeconds(10));
        assertThat(work.done).containsExactly("retain", "catalog", "inventory", "verify");
        assertThat(told).startsWith("failed retention");
        assertThat(maintenance.status().lastFailure()).contains("retention: away");
        work.done.clear();
        work.retention = Mono.empty();
        advance(Duration.ofMinutes(5));
        assertThat(work.done).containsExactly("retain", "catalog");
        assertThat(maintenance.status().lastFailure()).isEmpty();
        assertThat(maintenance.status().lastRound()).contains(now());
    }

    @Test
    void windowThatCannotBePublishedIsPublishedInTheNextRound() {
        published = Mono.error(new IllegalStateException("conflict"));
        start(TIMING);
        advance(Duration.ofSeconds(10));
        assertThat(told).contains("failed catalog");
        assertThat(maintenance.status().catalog()).isPresent();
        published = Mono.empty();
        told.clear();
        advance(Duration.ofMinutes(5));
        assertThat(told).contains("published db");
    }

    @Test
    void withoutAPolicyNothingIsDeletedAndNothingReported() {
        work.retention = Mono.empty();
        start(TIMING);
        advance(Duration.ofSeconds(10));
        assertThat(told).doesNotContain("retained");
        assertThat(maintenance.status().retention()).isEmpty();
        assertThat(maintenance.status().lastRound()).isPresent();
    }

    @SuppressWarnings("NullAway.Init") // made by start, which every test begins with
    private Maintenance maintenance;

    private void start(Timing timing) {
        maintenance = new Maintenance(
                work,
                () -> Mono.defer(() -> role),
                "db",
                (server, window) -> Mono.defer(() -> published).doOnSuccess(nothing -> told.add("published " + server)),
                new MaintenanceObserver() {
                    @Override
                    public void retained(RetentionSummary summary) {
                        told.add("retained");
                    }

                    @Override
                    public void verified(VerifySummary summary) {
                        told.add("verified");
                    }

                    @Override
                    public void failed(String step, Throwable failure) {
                        told.add("failed " + step);
                    }
                },
                timing,
                new SchedulerClock(),
                timer);
        running = maintenance.run().subscribe();
    }

    private void advance(Duration time) {
        timer.advanceTimeBy(time);
    }

    private Instant now() {
        return Instant.ofEpochMilli(timer.now(TimeUnit.MILLISECONDS)).plus(Duration.ofDays(20_000));
    }

    private static StoreException away() {
        return new StoreException.Unavailable("away", StoreException.Detail.NONE, null);
    }

    private final class Work implements MaintenanceWork {

        private final List<String> done = new ArrayList<>();
        private Mono<RetentionSummary> retention =
                Mono.fromSupplier(() -> new RetentionSummary(now(), "7d", 1, 2, 0, List.of()));
        private Optional<Instant> verifiedAt = Optional.empty();

        @Override
        public Mono<RetentionSummary> retain() {
            return Mono.defer(() -> {
                done.add("retain");
                return retention;
            });
        }

        @Override
        public Mono<Catalog> catalog() {
            return Mono.fromSupplier(() -> {
                done.add("catalog");
                return new Catalog(
                        CatalogSummary.of(List.of(), now()),
                        new RecoveryWindow(Optional.empty(), Optional.empty(), Optional.empty()));
            });
        }

        @Override
        public Mono<InventorySummary> inventory() {
            return Mono.fromSupplier(() -> {
                done.add("inventory");
                return new InventorySummary(now(), 0, 0, List.of(), 0, 0, List.of());
            });
        }

        @Override
        public Mono<VerifySummary> verify() {
            return Mono.fromSupplier(() -> {
                done.add("verify");
                verifiedAt = Optional.of(now());
                return new VerifySummary(now(), Duration.ZERO, 0, 0, 0, List.of());
            });
        }

        @Override
        public Mono<Instant> lastVerification() {
            return Mono.defer(() -> Mono.justOrEmpty(verifiedAt));
        }
    }

    private final class SchedulerClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now();
        }
    }
}
