package io.walarchiver.sidecar.request;

import io.walarchiver.wal.WalFileName;
import reactor.core.publisher.Mono;

/** Makes one WAL file of the data directory durable. */
@FunctionalInterface
public interface Archiving {

    /**
     * Completes when the file is durable in the archive; fails with {@link io.walarchiver.archive.ArchiveException}.
     *
     * @param checkOwnership true to refuse an archive that belongs to another cluster
     */
    Mono<Void> archive(WalFileName name, boolean checkOwnership);
}
