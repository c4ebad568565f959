/**
 * The ObjectStore resource ({@code objectstores.barmancloud.cnpg.io}, v1) as it is written, what it means, and what is wrong
 * with it. The same rules serve a resource read from Kubernetes and a file given with {@code --store}.
 *
 * <p>{@link io.walarchiver.bridge.objectstore.ObjectStoreSpec} mirrors the manifest;
 * {@link io.walarchiver.bridge.objectstore.StoreConfiguration} is its meaning, with the Secrets it names filled in.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.bridge.objectstore;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
