/**
 * Reading an archive back to prove that it is whole: base backups, ranges of WAL, gaps.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.verify;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
