/**
 * Objects on their way through pooled memory, from downloads that must not block to code that has to: unpacking, reading
 * back.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.transfer;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
