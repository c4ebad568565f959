/**
 * PostgreSQL's side of a base backup over JDBC: start, stop and what the server knows about itself.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.backup.postgres;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
