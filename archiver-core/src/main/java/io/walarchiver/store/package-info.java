/**
 * The port to the object store and the words it speaks: keys, contents, failures. No cloud SDK in sight.
 *
 * <p>Implementations live in the packages below. Each of them passes the same contract suite.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.store;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
