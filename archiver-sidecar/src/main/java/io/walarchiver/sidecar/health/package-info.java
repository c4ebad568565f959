/**
 * Is the process alive, and could it do its work right now? Both are asked, never assumed.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.health;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
