/**
 * The one event loop that gRPC and HTTP share, and Unix sockets: making one without stealing it from a living server,
 * and asking one as a client.
 */
@NullMarked
package io.walarchiver.sidecar.net;

import org.jspecify.annotations.NullMarked;
