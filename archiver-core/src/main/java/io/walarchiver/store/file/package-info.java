/**
 * The object store port on a directory: for one machine, a mounted disk or an NFS volume.
 *
 * <p>Everything here that blocks runs on the scheduler that {@link io.walarchiver.store.file.FileObjectStore} was given.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.store.file;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
