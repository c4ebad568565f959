@NullMarked
package io.walarchiver.bridge.kubernetes;

import org.jspecify.annotations.NullMarked;
