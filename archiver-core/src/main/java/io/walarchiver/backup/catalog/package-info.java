/**
 * What base backups an archive holds: their records ({@code backup.info}), their files, what is pinned.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.catalog;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
