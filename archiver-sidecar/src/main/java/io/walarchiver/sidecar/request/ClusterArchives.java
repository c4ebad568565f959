package io.walarchiver.sidecar.request;

import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import reactor.core.publisher.Mono;

/** The archives that a Cluster can name, one way for each of them. */
public interface ClusterArchives {

    /** Makes a file durable in an archive. */
    Mono<Void> archive(ArchiveReference archive, WalFileName name, boolean checkOwnership);

    /**
     * Brings a file back from an archive.
     *
     * @param how by whom and how urgently it is wanted
     */
    Mono<Void> restore(ArchiveReference archive, WalFileName name, Path destination, How how);

    /** What an archive holds. */
    Mono<WalCalls.Holdings> holdings(ArchiveReference archive);

    /**
     * How a file is brought back.
     *
     * @param rewind    whether pg_rewind asks: no prefetch, no remembered misses
     * @param lastWord  whether PostgreSQL would take a failure for the end of the log, so that what can pass is waited
     *                  for
     */
    record How(boolean rewind, boolean lastWord) {}
}
