/**
 * The lab: the same real segments through the service, through the simplest loop that could work, and through other
 * archivers where they are installed; CPU, wall time, latency, memory and requests side by side.
 */
@NullMarked
package io.walarchiver.bench.lab;

import org.jspecify.annotations.NullMarked;
