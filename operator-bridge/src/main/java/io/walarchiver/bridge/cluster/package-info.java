/**
 * A CloudNativePG Cluster as the operator sends it with each call, and what follows from it for an instance: which store
 * is its own, which one it restores from, whether it archives at all. Pure functions over JSON; nothing here talks to
 * Kubernetes.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.bridge.cluster;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
