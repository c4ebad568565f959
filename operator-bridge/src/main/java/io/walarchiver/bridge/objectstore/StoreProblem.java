package io.walarchiver.bridge.objectstore;

import java.util.OptionalInt;

/**
 * Something wrong or doubtful in the description of a store. Never holds the value of a Secret.
 *
 * @param path    where, as in {@code spec.configuration.wal.compression}; empty for the file as a whole
 * @param line    the line of a file, from 1; empty when the description did not come from a file
 * @param message what is wrong and what to do
 */
public record StoreProblem(String path, OptionalInt line, String message) {

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(path.length() + message.length() + 16);
        line.ifPresent(number -> text.append("line ").append(number).append(": "));
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        return text.append(message).toString();
    }
}
