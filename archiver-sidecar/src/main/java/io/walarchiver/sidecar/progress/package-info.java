/**
 * How far something long is: as a line on a terminal, and in the log.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.progress;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
