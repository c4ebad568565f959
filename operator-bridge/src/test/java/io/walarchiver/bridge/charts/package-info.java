/** The Helm charts, rendered by Helm itself. */
@NullMarked
@CheckReturnValue
package io.walarchiver.bridge.charts;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
