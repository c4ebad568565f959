/**
 * The operator half of the plugin: what is changed in the Pods and Jobs of a Cluster, which rights its service account is
 * given, and how the plugin presents itself. From documents to documents: the same input gives the same bytes, and what
 * is changed already is not changed again.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.bridge.operator;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
