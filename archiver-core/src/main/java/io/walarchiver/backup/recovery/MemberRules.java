package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.tar.TarHeader;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of a member by its place.
 *
 * @param archive     what the archive holds
 * @param tablespaces oids, in decimal, of the tablespaces with an archive of their own
 */
record MemberRules(Archive archive, Set<String> tablespaces) {

    /** What to do with a member. */
    enum Treatment {
        /** Put it where it belongs. */
        EXTRACT,
        /** A file of the top level: the last volume that has one of its name wins. */
        IN_ORDER,
        /** The control file, which is held back. */
        CONTROL_FILE,
        /** Leave it out: it would do harm, or belongs to the server that was backed up. */
        LEAVE_OUT,
        /** As above, and worth telling. */
        LEAVE_OUT_LOUDLY
    }

    static final String CONTROL_FILE = "global/pg_control";

    /** What would make a server follow another one, believe that it runs, or use the original tablespaces. */
    private static final Set<String> HARMFUL = Set.of(
            "standby.signal",
            "recovery.signal",
            "recovery.conf",
            "postmaster.pid",
            "postmaster.opts",
            "tablespace_map",
            "backup_manifest");

    /** What lives only as long as the server that wrote it (PostgreSQL manual, "Base Backup"). */
    private static final Set<String> EPHEMERAL = Set.of(
            "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans");

    MemberRules {
        tablespaces = Set.copyOf(tablespaces);
    }

    Treatment treat(MemberPath path, TarHeader header) throws MemberPath.Unsafe {
        if (header.type() == TarHeader.Type.FIFO || header.type() == TarHeader.Type.DEVICE) {
            return Treatment.LEAVE_OUT_LOUDLY;
        }
        return archive instanceof Archive.Data ? treatData(path, header) : Treatment.EXTRACT;
    }

    private Treatment treatData(MemberPath path, TarHeader header) throws MemberPath.Unsafe {
        String first = path.first();
        boolean directory = header.type() == TarHeader.Type.DIRECTORY;
        boolean link = header.type() == TarHeader.Type.SYMBOLIC_LINK;
        if (first.equals(UnfinishedMark.NAME)) {
            return Treatment.LEAVE_OUT_LOUDLY;
        }
        if (path.depth() == 1) {
            if (!directory && HARMFUL.contains(first)) {
                return Treatment.LEAVE_OUT;
            }
            if (link && (first.equals("pg_wal") || first.equals("pg_xlog"))) {
                // A volume of the server that was backed up.
                return Treatment.LEAVE_OUT_LOUDLY;
            }
            return directory ? Treatment.EXTRACT : Treatment.IN_ORDER;
        }
        if (path.depth() > 1 && EPHEMERAL.contains(first)) {
            return Treatment.LEAVE_OUT;
        }
        if (first.equals("pg_tblspc") && path.depth() > 1) {
            return treatTablespace(path, link);
        }
        if (path.toString().equals(CONTROL_FILE)) {
            if (header.type() != TarHeader.Type.FILE) {
                throw new MemberPath.Unsafe("the control file is no regular file");
            }
            return Treatment.CONTROL_FILE;
        }
        return Treatment.EXTRACT;
    }

    private Treatment treatTablespace(MemberPath path, boolean link) throws MemberPath.Unsafe {
        if (path.depth() == 2 && link) {
            // Leads to the files of the server that was backed up; ours are made from the record.
            return tablespaces.contains(path.parts().get(1)) ? Treatment.LEAVE_OUT : Treatment.LEAVE_OUT_LOUDLY;
        }
        if (tablespaces.contains(path.parts().get(1))) {
            throw new MemberPath.Unsafe("its tablespace has an archive of its own");
        }
        return Treatment.EXTRACT;
    }

    /** Why a hard link to {@code target} cannot be made; empty when it can. */
    static Optional<String> unlinkable(MemberPath target) {
        boolean heldBack = target.isRoot()
                || target.first().equals(UnfinishedMark.NAME)
                || target.toString().equals(CONTROL_FILE);
        return heldBack ? Optional.of("it is a link to " + target) : Optional.empty();
    }

    /** Directories a server needs that some writers leave out. */
    static List<String> neededDirectories(boolean beforeTen) {
        return List.of(beforeTen ? "pg_xlog" : "pg_wal", "pg_tblspc");
    }
}
