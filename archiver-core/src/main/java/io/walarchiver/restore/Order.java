package io.walarchiver.restore;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.wal.WalFileName;

/**
 * What to fetch, to where, and how urgently.
 *
 * @param name        the file, as it was asked for
 * @param destination where it goes
 * @param priority    who is served first when memory is short
 * @param begun       called when the wait for memory is over
 */
record Order(WalFileName name, DestinationFile destination, BufferPool.Priority priority, Runnable begun) {}
