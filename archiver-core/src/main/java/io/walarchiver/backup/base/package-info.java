/**
 * Taking a base backup: a data directory and its tablespaces, streamed into the archive.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.base;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
