package io.walarchiver.backup.tar;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The bytes are no complete, undamaged tar archive. The reader does not know the archive's name; whoever does adds it. */
public final class TarFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long offset;

    TarFormatException(String message, long offset) {
        this(message, offset, null);
    }

    TarFormatException(String message, long offset, @Nullable Throwable cause) {
        super(message, cause);
        this.offset = offset;
    }

    /** Where in the uncompressed archive the trouble begins, in bytes. */
    public long offset() {
        return offset;
    }
}
