/**
 * What a caller asks for, before it reaches the pipelines: paths and names checked, calls counted, failures sorted.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.request;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
