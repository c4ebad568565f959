/** Clusters, and what follows from them. */
@NullMarked
package io.walarchiver.bridge.cluster;

import org.jspecify.annotations.NullMarked;
