/**
 * What is counted and timed, in one table, and the observers that do it.
 */
@NullMarked
package io.walarchiver.sidecar.metrics;

import org.jspecify.annotations.NullMarked;
