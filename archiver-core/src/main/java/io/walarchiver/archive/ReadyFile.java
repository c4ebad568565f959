package io.walarchiver.archive;

import io.walarchiver.wal.WalFileName;
import java.time.Instant;

/**
 * A WAL file PostgreSQL has marked ready for archiving.
 *
 * @param name       the file
 * @param readySince when PostgreSQL marked it
 * @param bytes      its length; 0 when it could not be read
 */
record ReadyFile(WalFileName name, Instant readySince, long bytes) {}
