/**
 * Base backups as tar archives: reading and writing members, nothing about PostgreSQL and nothing about stores.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.tar;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
