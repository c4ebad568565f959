package io.walarchiver.sidecar.cli;

/** How a command prints its answer. */
enum OutputFormat {
    /** For people. */
    table,
    /** For programs. */
    json
}
