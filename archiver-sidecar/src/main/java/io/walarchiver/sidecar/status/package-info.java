/**
 * What the service did lately and how it is doing now: for a person as a page, for a program as JSON, for the log as one
 * line a segment.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.status;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
