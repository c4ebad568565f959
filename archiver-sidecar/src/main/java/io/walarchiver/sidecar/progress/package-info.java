/**
 * How far something long is, and how it ended: as figures, as a line on a terminal, in the log.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.progress;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
