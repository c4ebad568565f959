/**
 * What the service does to its archive without being asked: retention, the catalog and the inventory looked at anew,
 * reading back. And what it found last.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.maintenance;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
