package io.walarchiver.backup.base;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a cluster's directories is not part of a backup: what the server makes anew when it starts, what belongs to one
 * server and not to its copy, and what the backup adds itself. Names are relative to the data directory or to a
 * tablespace's, with slashes.
 */
final class ClusterExclusions {

    /** Directories at the top whose content is left out. They must exist in a copy, or the server does not start. */
    private static final Set<String> EMPTY_DIRECTORIES = Set.of(
            "pg_wal",
            "pg_xlog",
            "log",
            "pg_log",
            "pg_dynshmem",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private static final Set<String> FILES = Set.of(
            "postmaster.pid",
            "postmaster.opts",
            "postgresql.auto.conf.tmp",
            "current_logfiles.tmp",
            "recovery.conf",
            "recovery.signal",
            "standby.signal",
            "backup_manifest");

    /** Left by a crash; the backup has a label of its own, and a map would lead a copy into the original's tablespaces. */
    private static final Set<String> FILES_AT_THE_TOP = Set.of("backup_label", "tablespace_map");

    /** Temporary files, and caches that are rebuilt; each with and without the process number behind it. */
    private static final List<String> PREFIXES = List.of("pgsql_tmp", "pg_internal.init");

    private static final String CONTROL_FILE = "global/pg_control";

    private ClusterExclusions() {}

    /** True for a directory whose content is left out. */
    static boolean isEmptied(String directory) {
        return EMPTY_DIRECTORIES.contains(directory);
    }

    /** True when neither the file nor, if it is a directory, anything below it is part of a backup. */
    static boolean isLeftOut(String parent, String name) {
        return FILES.contains(name)
                || PREFIXES.stream().anyMatch(name::startsWith)
                || (parent.isEmpty() && FILES_AT_THE_TOP.contains(name))
                || (parent.equals("global") && CONTROL_FILE.equals(parent + "/" + name));
    }

    /** True for a directory that holds the relations of one database. */
    static boolean isOfDatabase(String directory) {
        String[] parts = directory.split("/", -1);
        int last = parts.length - 1;
        if (last < 1 || !isNumber(parts[last])) {
            return false;
        }
        return last == 1 && (parts[0].equals("base") || parts[0].startsWith("PG_"))
                || last == 3 && parts[0].equals("pg_tblspc") && parts[2].startsWith("PG_");
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The relations of a database that are emptied after a crash: those with an initial state. */
    static Set<String> unlogged(Iterable<String> names) {
        Set<String> unlogged = new HashSet<>();
        for (String name : names) {
            if (name.endsWith("_" + RelationFileName.INIT_FORK)) {
                RelationFileName file = RelationFileName.parse(name);
                if (file != null) {
                    unlogged.add(file.relation());
                }
            }
        }
        return unlogged;
    }

    /** True for a file of a relation that a copy has no use for: of one session, or without WAL. */
    static boolean isTransient(RelationFileName file, Set<String> unlogged) {
        return file.temporary()
                || (unlogged.contains(file.relation()) && !file.fork().equals(RelationFileName.INIT_FORK));
    }
}
