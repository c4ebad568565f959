/**
 * The program: what starts, what it is called, which version it is. Everything else lives in the packages below.
 */
@NullMarked
package io.walarchiver.sidecar;

import org.jspecify.annotations.NullMarked;
