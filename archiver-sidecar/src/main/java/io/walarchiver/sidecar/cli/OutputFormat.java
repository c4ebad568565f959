package io.walarchiver.sidecar.cli;

/** How a command prints its answer. */
enum OutputFormat {
    /** For people. */
    table,
    /** For programs. */
    json;

    /** How a command that barman-cloud has too prints its answer. */
    enum Barman {
        table,
        json,
        /** What barman-cloud calls a table. */
        console
    }
}
