/**
 * Why the plugin does not work in a cluster. One reader fetches what there is to see; each check is a function of the trees
 * it fetched, and says for every subject whether it is in order, and if not, the cause and what to do.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.doctor;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
