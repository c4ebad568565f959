package io.walarchiver.backup.base;

import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalSegmentName;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Waits until the last segment a backup needs is archived, where the server does not wait for that itself: on a standby
 * another server archives it, when it is full or its time is up.
 */
final class ArchivedEnd {

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final WalPresence presence;
    private final Duration patience;
    private final Scheduler timer;

    ArchivedEnd(WalPresence presence, Duration patience, Scheduler timer) {
        this.presence = presence;
        this.patience = patience;
        this.timer = timer;
    }

    Mono<Void> await(WalSegmentName segment) {
        return Mono.defer(() -> presence.isArchived(segment))
                // Whether the store answers a listing now says little about a backup of hours.
                .onErrorResume(StoreException.Unavailable.class, busy -> Mono.just(false))
                .filter(archived -> archived)
                .repeatWhenEmpty(misses -> misses.concatMap(count -> Mono.delay(pause(count), timer)))
                .timeout(patience, Mono.error(() -> late(segment)), timer)
                .then();
    }

    private static Duration pause(long misses) {
        Duration doubled = FIRST_PAUSE.multipliedBy(1L << Math.min(misses, 10));
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    private BackupException late(WalSegmentName segment) {
        return new BackupException.WalNotArchived(
                "WAL segment " + segment + ", which the backup needs, did not reach the"
                        + " archive within " + patience
                        + "; the server that archives (on a standby, the primary) does so when the"
                        + " segment is full or after archive_timeout. See whether it archives at all, to the same destination and"
                        + " server name, and take the backup again");
    }
}
