/** Servers that tests run against: what is on the other side of a socket, in this process or in a container. */
@NullMarked
package io.walarchiver.testing;

import org.jspecify.annotations.NullMarked;
