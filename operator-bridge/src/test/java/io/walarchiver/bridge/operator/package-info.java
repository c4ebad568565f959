@NullMarked
package io.walarchiver.bridge.operator;

import org.jspecify.annotations.NullMarked;
