package io.walarchiver.bridge.objectstore;

import java.util.List;
import java.util.stream.Collectors;

/** A store that cannot be used as described. Carries every problem found, so that all of them can be mended at once. */
public final class InvalidStoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<StoreProblem> problems;

    InvalidStoreException(String source, List<StoreProblem> problems) {
        super(
                problems.stream().map(problem -> "\n  " + problem).collect(Collectors.joining("", source + ":", "")),
                null,
                false,
                false);
        this.problems = List.copyOf(problems);
    }

    /** At least one, in the order of discovery. */
    public List<StoreProblem> problems() {
        return problems;
    }
}
