/**
 * A real PostgreSQL: unpacked, initialised, configured, killed and restored by us; the load it is put under, and the WAL
 * that comes of it.
 */
@NullMarked
package io.walarchiver.bench.postgres;

import org.jspecify.annotations.NullMarked;
