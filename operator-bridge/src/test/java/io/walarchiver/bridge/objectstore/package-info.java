/** Descriptions of stores, good and bad. */
@NullMarked
package io.walarchiver.bridge.objectstore;

import org.jspecify.annotations.NullMarked;
