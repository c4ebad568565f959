package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Runs commands in this process, for tests elsewhere. */
public final class Commands {

    private Commands() {}

    /** What came of a command. */
    public record Run(int exitCode, String out, String err) {

        /** What it printed, as JSON. */
        public JsonNode json() throws JsonProcessingException {
            return new ObjectMapper().readTree(out);
        }
    }

    /** Runs it. */
    public static Run run(Object... arguments) {
        CommandRun run = CommandRun.of(arguments);
        return new Run(run.exitCode(), run.out(), run.err());
    }
}
