package io.walarchiver.bench;

import io.walarchiver.bench.lab.LabProgram;
import picocli.CommandLine;

/** Measures the service beside the simplest loop and beside other archivers. */
public final class Lab {

    private Lab() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new LabProgram()).execute(args));
    }
}
