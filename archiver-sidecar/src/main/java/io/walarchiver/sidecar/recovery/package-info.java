/**
 * What stands around a restored base backup: the command with which PostgreSQL gets its WAL.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.recovery;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
