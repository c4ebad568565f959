package io.walarchiver.sidecar.request;

import java.util.Optional;
import reactor.core.publisher.Mono;

/** What the operator's side asks about WAL. Each question carries the Cluster as it is seen there. */
public interface WalCalls {

    /**
     * Archives the file at an absolute path in {@code pg_wal}; completes when it is durable, or when it is not ours to
     * archive.
     *
     * @param cluster    the Cluster as JSON; empty from callers without one
     * @param checkEmpty whether to refuse a foreign archive; empty from operators that leave it to us
     */
    Mono<Void> archive(byte[] cluster, String path, Optional<Boolean> checkEmpty);

    /**
     * Restores a file; completes when it stands at its destination.
     *
     * @param cluster     the Cluster as JSON; empty from callers without one
     * @param destination absolute
     * @param rewind      what the caller says; when it says nothing, the name of the destination tells
     */
    Mono<Void> restore(byte[] cluster, String name, String destination, Optional<Boolean> rewind);

    /** What the archive of the Cluster holds. */
    Mono<Holdings> holdings(byte[] cluster);

    /**
     * What an archive holds.
     *
     * @param location where it is, for people
     * @param range    from which segment to which
     */
    record Holdings(String location, ArchivedRange.Range range) {}
}
