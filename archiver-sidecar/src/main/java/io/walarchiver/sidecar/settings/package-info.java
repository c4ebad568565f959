/**
 * What a person may choose, read from the command line and the store file, checked all at once at the start.
 */
@NullMarked
package io.walarchiver.sidecar.settings;

import org.jspecify.annotations.NullMarked;
