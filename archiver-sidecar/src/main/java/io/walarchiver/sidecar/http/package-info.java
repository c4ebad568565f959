/**
 * HTTP for people, probes, Prometheus and for {@code archive_command}: on a TCP port and on a Unix socket.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.http;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
