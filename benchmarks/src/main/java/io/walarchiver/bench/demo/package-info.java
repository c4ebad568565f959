/** The demo: a real server under load, its archive, a killed service, a wiped data directory, and the comparison. */
@NullMarked
package io.walarchiver.bench.demo;

import org.jspecify.annotations.NullMarked;
