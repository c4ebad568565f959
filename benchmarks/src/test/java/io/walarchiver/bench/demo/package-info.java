/** The demo, run as a test. */
@NullMarked
package io.walarchiver.bench.demo;

import org.jspecify.annotations.NullMarked;
