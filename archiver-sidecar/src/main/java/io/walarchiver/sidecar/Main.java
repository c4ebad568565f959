package io.walarchiver.sidecar;

import io.walarchiver.sidecar.cli.WalArchiverCommand;

/** Where the process starts. */
public final class Main {

    private Main() {}

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(WalArchiverCommand.create().execute(arguments));
    }
}
