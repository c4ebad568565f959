/** Proof that barman-cloud reads what we write and that we read what it writes. */
@NullMarked
package io.walarchiver.interop;

import org.jspecify.annotations.NullMarked;
