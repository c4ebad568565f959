/** Rules for the module as a whole. */
@NullMarked
package io.walarchiver.bridge;

import org.jspecify.annotations.NullMarked;
