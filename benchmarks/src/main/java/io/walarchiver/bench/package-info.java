/**
 * The programs of this module: {@link io.walarchiver.bench.Demo}, which shows a WAL archive surviving everything, and
 * {@link io.walarchiver.bench.Lab}, which measures the service beside others. Micro-benchmarks are in {@code micro}.
 */
@NullMarked
package io.walarchiver.bench;

import org.jspecify.annotations.NullMarked;
