package io.walarchiver.bench;

import io.walarchiver.bench.demo.DemoProgram;
import picocli.CommandLine;

/** Shows that nothing is lost: load, a killed service, a wiped data directory, recovery, comparison. */
public final class Demo {

    private Demo() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new DemoProgram()).execute(args));
    }
}
