package io.walarchiver.sidecar.request;

import io.walarchiver.backup.base.CompletedBackup;
import reactor.core.publisher.Mono;

/** Takes base backups of the server this process stands beside. */
@FunctionalInterface
public interface BackupTaking {

    /**
     * Takes one; completes when it can be restored. Cancelling breaks it off: it is recorded as failed then, and nothing
     * of it stays behind half uploaded.
     */
    Mono<CompletedBackup> take(BackupOrder order);
}
