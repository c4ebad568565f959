package io.walarchiver.sidecar.cli;

import picocli.CommandLine.Option;

/** The choice of output of commands that barman-cloud has too, in our spelling and in its own. */
final class BarmanFormat {

    @Option(
            names = {"-o", "--format"},
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}. The JSON is barman-cloud's")
    private OutputFormat.Barman format = OutputFormat.Barman.table;

    boolean isJson() {
        return format == OutputFormat.Barman.json;
    }
}
