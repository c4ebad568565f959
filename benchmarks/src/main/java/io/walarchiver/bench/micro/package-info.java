/** Micro-benchmarks, one class per question, on recorded WAL. Run with {@code benchmarks/bin/jmh}. */
@NullMarked
package io.walarchiver.bench.micro;

import org.jspecify.annotations.NullMarked;
