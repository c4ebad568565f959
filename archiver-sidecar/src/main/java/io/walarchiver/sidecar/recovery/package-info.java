/**
 * What stands around a restored base backup: the settings with which PostgreSQL recovers, and the command it gets its WAL
 * with.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.recovery;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
