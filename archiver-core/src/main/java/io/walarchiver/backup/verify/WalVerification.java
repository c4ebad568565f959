package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.verify.WalContent.Result;
import io.walarchiver.codec.Compression;
import io.walarchiver.restore.StoredFile;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Verifies WAL objects, as far as the sample holds them. */
final class WalVerification {

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final SegmentSize segmentSize;
    private final ObjectContents contents;
    private final ClusterIdentity cluster;
    private final Ledger ledger;

    WalVerification(
            ObjectStore store,
            ArchiveLayout layout,
            SegmentSize segmentSize,
            ObjectContents contents,
            ClusterIdentity cluster,
            Ledger ledger) {
        this.store = store;
        this.layout = layout;
        this.segmentSize = segmentSize;
        this.contents = contents;
        this.cluster = cluster;
        this.ledger = ledger;
    }

    /** The work to be done for all WAL files in the sample. Fails when they cannot be listed; the pieces do not fail. */
    Flux<Piece> of(VerificationScope.Arc sample) {
        // Listed anew and on demand: a million names do not fit, and what is deleted meanwhile is not missed.
        return store.listLevel(layout.walPrefix())
                .concatWith(store.listPrefixes(layout.walPrefix()).concatMap(store::list, 1))
                .filter(info -> sample.holds(info.key().value()))
                .flatMapIterable(info -> stored(info).stream().toList())
                .map(found -> () -> verify(found));
    }

    /** The work to be done for certain segments, in every spelling they have. */
    Flux<Piece> of(SegmentRange range) {
        return Flux.<WalSegmentName, Long>generate(range::firstNumber, (number, sink) -> {
                    if (number > range.lastNumber()) {
                        sink.complete();
                    } else {
                        sink.next(SegmentRange.name(range.timeline(), number, range.size()));
                    }
                    return number + 1;
                })
                .concatMap(
                        segment -> store.list(layout.walKeyStem(new WalFileName.Segment(segment)))
                                .flatMapIterable(info -> stored(info)
                                        .filter(found -> found.stored().file().equals(new WalFileName.Segment(segment)))
                                        .stream()
                                        .toList()),
                        1)
                .map(found -> () -> verify(found));
    }

    private record Found(StoredFile stored, ObjectInfo info) {}

    private Optional<Found> stored(ObjectInfo info) {
        return layout.walFileOf(info.key())
                .map(file ->
                        StoredFile.of(layout, file, Compression.ofKey(info.key().value())))
                .filter(stored -> stored.key().equals(info.key()))
                .map(stored -> new Found(stored, info));
    }

    private Mono<Void> verify(Found found) {
        return Mono.defer(() -> {
            if (ledger.isStopped()) {
                return Mono.empty();
            }
            return attempt(found)
                    // It may have been damaged on the way.
                    .flatMap(result -> result.finding().isPresent() ? attempt(found) : Mono.just(result))
                    .doOnNext(result -> {
                        ledger.readWal(
                                found.info().key(),
                                found.info().size(),
                                result.bytes(),
                                result.finding().isEmpty());
                        result.finding().ifPresent(ledger::add);
                    })
                    .then()
                    .onErrorResume(StoreException.NotFound.class, gone -> Mono.fromRunnable(ledger::addVanished))
                    .onErrorResume(
                            Exception.class,
                            failure -> Mono.fromRunnable(
                                    () -> ledger.addUnchecked(found.info().key(), failure)));
        });
    }

    private Mono<Result> attempt(Found found) {
        return contents.read(
                found.info().key(),
                found.info().size(),
                (info, object) -> new WalContent(found.stored(), segmentSize, cluster).read(info, object));
    }
}
