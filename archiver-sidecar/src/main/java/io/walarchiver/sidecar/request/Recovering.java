package io.walarchiver.sidecar.request;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.RestoreJobView;
import reactor.core.publisher.Mono;

/** Brings servers and their WAL back from archives. */
public interface Recovering {

    /** Restores a base backup into the data directory; completes when PostgreSQL can be started on it. */
    Mono<BackupId> recover(RestoreJobView job);

    /**
     * What brings WAL files back from an archive. Cheap; the same one each time.
     *
     * @param archive where they are
     */
    Restoring walOf(ArchiveReference archive);
}
