/**
 * The command line: one command, its subcommands, its exit codes.
 */
@NullMarked
package io.walarchiver.sidecar.cli;

import org.jspecify.annotations.NullMarked;
