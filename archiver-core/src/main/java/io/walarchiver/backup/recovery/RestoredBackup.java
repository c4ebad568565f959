package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupId;
import java.nio.file.Path;

/**
 * A base backup that was brought back whole. A server can be started on it once it knows how to get its log, see
 * {@link RecoveryConfiguration}.
 *
 * @param backup        which
 * @param dataDirectory where
 * @param resumed       whether an earlier run was continued
 * @param progress      what this run did, and how long it took
 */
public record RestoredBackup(BackupId backup, Path dataDirectory, boolean resumed, RestoreProgress progress) {}
