/**
 * Operating system processes of the demo and the lab: starting, stopping by process id, and what they cost by
 * {@code /proc}. Linux only.
 */
@NullMarked
package io.walarchiver.bench.process;

import org.jspecify.annotations.NullMarked;
