package io.walarchiver.codec;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The bytes are not what their suffix, length or digest says. The codec does not know the object's name; whoever does
 * wraps or prefixes it.
 */
public final class CorruptObjectException extends IOException {

    private static final long serialVersionUID = 1L;

    public CorruptObjectException(String message) {
        super(message);
    }

    public CorruptObjectException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
