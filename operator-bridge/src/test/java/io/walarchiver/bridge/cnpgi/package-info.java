/** The wire contract, checked against an independent description. */
@NullMarked
package io.walarchiver.bridge.cnpgi;

import org.jspecify.annotations.NullMarked;
