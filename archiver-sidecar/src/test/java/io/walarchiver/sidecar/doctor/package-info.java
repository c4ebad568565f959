/** Why the plugin does not work: each cause brought about in a cluster that is described by a file. */
@NullMarked
package io.walarchiver.sidecar.doctor;

import org.jspecify.annotations.NullMarked;
