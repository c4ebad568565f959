/**
 * The Kubernetes API, as far as an archive needs it: stores and their Secrets read and watched, the status of stores
 * written, Backup objects that follow the catalog, events on the Cluster.
 *
 * <p>Objects are trees, not models, so that fields unknown to this version survive a change. Only
 * {@link io.walarchiver.bridge.kubernetes.ApiConnection} knows the client library. Publishers are cold; their signals come
 * on the scheduler given to the connection, and their errors are
 * {@link io.walarchiver.bridge.kubernetes.KubernetesException}.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.bridge.kubernetes;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
