package io.walarchiver.sidecar.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** A command that was run in this process. */
record CommandRun(int exitCode, String out, String err) {

    static CommandRun of(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command =
                WalArchiverCommand.create().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        String[] texts = new String[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            texts[i] = arguments[i].toString();
        }
        int code = command.execute(texts);
        return new CommandRun(code, out.toString(), err.toString());
    }
}
