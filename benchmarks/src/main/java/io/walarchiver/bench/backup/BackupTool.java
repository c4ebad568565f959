package io.walarchiver.bench.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A program that takes base backups of the data set into the bucket, with one compression, and restores them. */
interface BackupTool {

    /** The name in tables, without the compression. */
    String name();

    /** The compression, by its name in tables. */
    String compression();

    /**
     * Makes a place of its own for one backup; not measured.
     *
     * @param home an empty directory for settings and logs
     * @param run  a name that no other run has
     */
    Repository open(Path home, String run) throws IOException;

    /** One place for one backup. */
    interface Repository {

        /** Added to the environment of all commands. */
        Map<String, String> environment();

        /** The command that takes the backup. */
        List<String> backup();

        /**
         * What must be done or known before a restore; not measured.
         *
         * @param output what the backup printed
         */
        void settle(String output) throws IOException;

        /** The command that restores the backup to a directory that does not exist. */
        List<String> restore(Path destination) throws IOException;

        /** What the keys of its objects start with. */
        String prefix();
    }
}
