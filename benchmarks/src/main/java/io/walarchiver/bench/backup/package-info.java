/**
 * The part of the lab that measures base backups and their restore beside other tools, on one real data directory and one
 * S3 server.
 */
@NullMarked
package io.walarchiver.bench.backup;

import org.jspecify.annotations.NullMarked;
