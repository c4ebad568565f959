/** The archiver as a process of its own, started from its distribution folder as an operator would. */
@NullMarked
package io.walarchiver.bench.service;

import org.jspecify.annotations.NullMarked;
