package io.walarchiver.bridge.objectstore;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A value out of a Secret. Prints as {@code (hidden)}, wherever it ends up. */
public final class SecretText {

    private final String value;

    /** Wraps a value that must not be printed. */
    public SecretText(String value) {
        this.value = Objects.requireNonNull(value, "value");
    }

    /** The value itself; the caller keeps it out of logs, messages and metrics. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SecretText text && text.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "(hidden)";
    }
}
