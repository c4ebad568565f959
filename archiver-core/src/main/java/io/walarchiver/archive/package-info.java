/**
 * The way of a WAL file into the archive: where it is kept, which files are ready, how they travel, what is already done.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.archive;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
