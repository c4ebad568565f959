package io.walarchiver.bridge.objectstore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Collects problems (the store is unusable) and warnings (the store works, but not quite as written). */
final class Problems {

    private final List<StoreProblem> problems = new ArrayList<>();
    private final List<StoreProblem> warnings = new ArrayList<>();
    private Map<String, Integer> lines = Map.of();

    /** From here on, paths are those of a document whose values stand on these lines. */
    void enterDocument(Map<String, Integer> linesByPath) {
        lines = linesByPath;
    }

    void add(String path, String message) {
        problems.add(new StoreProblem(path, lineOf(path), message));
    }

    void add(StoreProblem problem) {
        problems.add(problem);
    }

    void warn(String path, String message) {
        warnings.add(new StoreProblem(path, lineOf(path), message));
    }

    List<StoreProblem> problems() {
        return List.copyOf(problems);
    }

    List<StoreProblem> warnings() {
        return List.copyOf(warnings);
    }

    void throwIfAny(String source) {
        if (!problems.isEmpty()) {
            throw new InvalidStoreException(source, problems);
        }
    }

    /** The line of the value, or of the nearest enclosing one when the value is the missing thing. */
    private OptionalInt lineOf(String path) {
        String at = path;
        while (true) {
            Integer line = lines.get(at);
            if (line != null) {
                return OptionalInt.of(line);
            }
            if (at.isEmpty()) {
                return OptionalInt.empty();
            }
            at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
        }
    }
}
