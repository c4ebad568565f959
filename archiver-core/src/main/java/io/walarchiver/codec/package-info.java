/**
 * Compression, content digests and the bounded memory they work in. The only package that knows compression libraries.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.codec;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
