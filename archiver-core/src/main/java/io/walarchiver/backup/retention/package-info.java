/**
 * Which base backups and WAL files an archive may lose: the policy, the plan, and carrying it out.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.retention;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
