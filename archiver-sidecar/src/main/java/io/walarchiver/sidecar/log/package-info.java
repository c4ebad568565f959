/**
 * How log lines look: JSON for machines, text for people.
 */
@NullMarked
package io.walarchiver.sidecar.log;

import org.jspecify.annotations.NullMarked;
