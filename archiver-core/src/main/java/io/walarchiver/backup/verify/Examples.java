package io.walarchiver.backup.verify;

import java.util.ArrayList;
import java.util.List;

/**
 * Objects of one kind: all counted, a few named.
 *
 * @param count how many there are
 * @param keys  the first of them, at most {@link #MAX_KEYS}
 */
public record Examples(long count, List<String> keys) {

    /** How many are named. */
    public static final int MAX_KEYS = 10;

    /** There are none. */
    public static final Examples NONE = new Examples(0, List.of());

    public Examples {
        keys = List.copyOf(keys);
        if (count < keys.size() || keys.size() > MAX_KEYS) {
            throw new IllegalArgumentException(keys.size() + " examples of " + count);
        }
    }

    /** These and one more. */
    Examples plus(String key) {
        return plus(new Examples(1, List.of(key)));
    }

    /** These and the others behind them. */
    Examples plus(Examples others) {
        if (keys.size() == MAX_KEYS || others.keys.isEmpty()) {
            return others.count == 0 ? this : new Examples(count + others.count, keys);
        }
        List<String> both = new ArrayList<>(keys);
        both.addAll(others.keys.subList(0, Math.min(others.keys.size(), MAX_KEYS - keys.size())));
        return new Examples(count + others.count, both);
    }

    @Override
    public String toString() {
        return count == 0
                ? "none"
                : String.join(", ", keys) + (count > keys.size() ? " and " + (count - keys.size()) + " more" : "");
    }
}
