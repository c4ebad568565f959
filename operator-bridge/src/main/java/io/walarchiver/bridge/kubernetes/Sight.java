package io.walarchiver.bridge.kubernetes;

import java.util.Optional;
import java.util.function.Function;

/**
 * What came of looking at something in a cluster. To see nothing has several causes, and only one of them means that there
 * is nothing.
 *
 * @param <T> what was looked for
 */
public sealed interface Sight<T> {

    /** It is there. */
    record There<T>(T value) implements Sight<T> {}

    /** The API says that there is none. */
    record Absent<T>() implements Sight<T> {}

    /**
     * Who asked may not see it.
     *
     * @param right what he needs, as in {@code get secrets in the namespace shop}
     */
    record Hidden<T>(String right) implements Sight<T> {}

    /**
     * There was no usable answer.
     *
     * @param why what was attempted and what came of it
     */
    record Unread<T>(String why) implements Sight<T> {}

    /** What was found, if it was. */
    default Optional<T> found() {
        return this instanceof There<T> there ? Optional.of(there.value()) : Optional.empty();
    }

    /** The same sight of something made from what was found. */
    default <R> Sight<R> map(Function<T, R> change) {
        if (this instanceof There<T> there) {
            return new There<>(change.apply(there.value()));
        }
        if (this instanceof Hidden<T> hidden) {
            return new Hidden<>(hidden.right());
        }
        return this instanceof Unread<T> unread ? new Unread<>(unread.why()) : new Absent<>();
    }
}
