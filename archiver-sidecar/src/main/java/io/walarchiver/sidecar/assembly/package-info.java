/**
 * Puts the program together. The only package that knows which object store and which codec stand behind the ports.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.assembly;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
