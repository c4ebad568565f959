/**
 * The way of a WAL file back from the archive, at replay speed: one file on request, and the following ones ahead of it.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.restore;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
