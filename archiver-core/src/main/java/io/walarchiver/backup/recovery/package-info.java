/**
 * Bringing a base backup back: which one a recovery target needs, and its files.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.recovery;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
