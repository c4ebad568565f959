package io.walarchiver.backup.base;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.MultipartUpload.UploadedPart;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import reactor.core.publisher.Mono;

/** One volume of an archive on its way into the store: a multipart upload from its start to its end. */
final class VolumeUpload {

    private enum State {
        OPEN,
        COMPLETED,
        ABORTED
    }

    private final ObjectStore store;
    private final ObjectKey key;
    private final VolumeEncoder encoder;

    /**
     * Asked once, by whoever comes first, and not cancelled: an upload that was started must be known, or nobody can
     * abort it.
     */
    private final Mono<MultipartUpload> upload;

    private final List<UploadedPart> parts = new ArrayList<>();
    private boolean asked;
    private int lastNumber;
    private long bytes;
    private State state = State.OPEN;

    VolumeUpload(ObjectStore store, ObjectKey key, PutOptions options, VolumeEncoder encoder) {
        this.store = store;
        this.key = key;
        this.encoder = encoder;
        this.upload = store.startMultipart(key, options).cache();
    }

    ObjectKey key() {
        return key;
    }

    VolumeEncoder encoder() {
        return encoder;
    }

    /** Makes sure that the upload is open. */
    Mono<MultipartUpload> open() {
        return Mono.defer(() -> {
            synchronized (this) {
                asked = true;
            }
            return upload;
        });
    }

    /** Numbers the next part; parts are numbered in the order of their content. */
    synchronized int nextNumber() {
        if (lastNumber == MultipartUpload.MAX_PARTS) {
            throw new BackupException.SourceUnusable(
                    key + " would have more than " + MultipartUpload.MAX_PARTS
                            + " parts because of one very large file; remove it from the data directory if it is not"
                            + " PostgreSQL's, or give backups larger buffers (memory budget)",
                    null);
        }
        lastNumber++;
        return lastNumber;
    }

    /** Sends a part. The buffers stay the caller's. */
    Mono<Void> send(int number, Content content) {
        return open().flatMap(open -> open.uploadPart(number, content))
                .doOnNext(part -> uploaded(part, content.length()))
                .then();
    }

    private synchronized void uploaded(UploadedPart part, long length) {
        parts.add(part);
        bytes += length;
    }

    /** In the order of their content, not of the answers. */
    private synchronized List<UploadedPart> parts() {
        return parts.stream()
                .sorted(Comparator.comparingInt(UploadedPart::number))
                .toList();
    }

    private synchronized long bytes() {
        return bytes;
    }

    /** Makes the object visible. */
    Mono<Void> complete() {
        return open().flatMap(open -> open.complete(parts()))
                .onErrorResume(StoreException.class, this::unlessThere)
                .doOnSuccess(done -> end(State.COMPLETED))
                .then();
    }

    /** The answer may be all that was lost. Nobody else writes to this key. */
    private Mono<Void> unlessThere(StoreException failure) {
        return store.head(key)
                .map(ObjectInfo::size)
                .filter(size -> size == bytes())
                .onErrorResume(StoreException.class, alsoFailed -> Mono.empty())
                .switchIfEmpty(Mono.error(failure))
                .then();
    }

    private synchronized void end(State how) {
        state = how;
    }

    private synchronized boolean mustAbort() {
        return asked && state == State.OPEN;
    }

    /** Gives the upload up, if it is open. Waits for a start that is under way. */
    Mono<Void> abort() {
        return Mono.defer(() -> {
            if (!mustAbort()) {
                return Mono.empty();
            }
            return upload.onErrorResume(neverStarted -> Mono.empty())
                    .flatMap(open -> open.abort().doOnSuccess(done -> end(State.ABORTED)));
        });
    }
}
