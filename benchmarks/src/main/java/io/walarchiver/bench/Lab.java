package io.walarchiver.bench;

import io.walarchiver.bench.backup.BackupLabProgram;
import io.walarchiver.bench.lab.LabProgram;
import picocli.CommandLine;

/** Measures the service beside the simplest loop and beside other archivers; base backups beside other backup tools. */
public final class Lab {

    private Lab() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new LabProgram())
                .addSubcommand(new BackupLabProgram())
                .execute(args));
    }
}
