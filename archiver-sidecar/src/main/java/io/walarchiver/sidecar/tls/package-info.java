/**
 * Key, certificate and trust of a server whose files are replaced while it runs: read from PEM, checked, and kept until
 * something better is there.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.tls;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
