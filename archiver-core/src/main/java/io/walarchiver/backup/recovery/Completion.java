package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.recovery.RecoveryException.CorruptArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * What is left to do when all archives are extracted: directories and links that they do not hold, the checks, the flush,
 * and at the very end the control file, with which the directory becomes a cluster. Blocks. Every step can be repeated.
 */
final class Completion {

    private static final int VERSION_10 = 100_000;

    private final OpenDestination destination;
    private final RestorePlan plan;
    private final BackupRestoreSettings settings;
    private final Owners owners;
    private final ArchiveRoot data;

    Completion(OpenDestination destination, BackupRestoreSettings settings, Owners owners) {
        this.destination = destination;
        this.plan = destination.plan();
        this.settings = settings;
        this.owners = owners;
        this.data = new ArchiveRoot(destination.dataDirectory());
    }

    void run(BackupRestoreObserver observer) {
        UnfinishedMark mark = destination.mark();
        try {
            if (!mark.isComplete()) {
                furnish();
                verify(mark, observer);
                ownLabel();
                flush();
                mark.complete();
            }
            publish(mark);
        } catch (MemberPath.Unsafe unsafe) {
            throw new CorruptArchive(
                    "backup " + plan.order().backup().id() + " cannot be completed: " + unsafe.getMessage(), unsafe);
        } catch (IOException failure) {
            throw OpenDestination.unusable("complete " + destination.dataDirectory(), failure);
        }
    }

    /** Objects can be damaged in a way that only shows here; the next run must not rely on what came of them. */
    private void verify(UnfinishedMark mark, BackupRestoreObserver observer) throws IOException {
        try {
            new FinishedCluster(plan, mark.controlFile()).verify(observer);
        } catch (RecoveryException contradiction) {
            mark.forget();
            throw contradiction;
        }
    }

    private void furnish() throws IOException, MemberPath.Unsafe {
        BackupInfo info = plan.order().backup().info();
        boolean old = info.serverVersion().orElse(VERSION_10) < VERSION_10;
        Path wal = data.path().resolve(old ? "pg_xlog" : "pg_wal");
        if (!Files.isSymbolicLink(wal) || plan.order().destination().walVolume().isEmpty()) {
            directory(wal);
        }
        directory(data.path().resolve("pg_tblspc"));
        for (RestorePlan.Part part : plan.archives()) {
            if (part.archive() instanceof Archive.Tablespace tablespace) {
                Path unused =
                        Files.setPosixFilePermissions(part.target(), PosixFilePermissions.fromString("rwx------"));
                allowGroup(part.target(), "rwxr-x---");
                owners.copy(data.path(), part.target());
                link(tablespace.oid(), part.target());
            }
        }
        if (plan.order().destination().walVolume().isPresent()) {
            WalVolume.link(wal, plan.order().destination().walVolume().get().resolve("pg_wal"), owners);
        }
    }

    private void directory(Path path) throws IOException, MemberPath.Unsafe {
        boolean missing = !Files.exists(path, LinkOption.NOFOLLOW_LINKS);
        data.directory(path);
        if (missing) {
            owners.copy(data.path(), path);
            allowGroup(path, "rwxr-x---");
        }
    }

    /** As PostgreSQL does for what it makes itself, where its group may read the data directory. */
    private void allowGroup(Path path, String mode) throws IOException {
        Set<PosixFilePermission> present = Files.getPosixFilePermissions(data.path());
        if (present.contains(PosixFilePermission.GROUP_READ)) {
            Path unused = Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        }
    }

    private void link(long oid, Path target) throws IOException, MemberPath.Unsafe {
        Path link = data.prepare(MemberPath.of("pg_tblspc/" + oid));
        if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
            return;
        }
        if (Files.isDirectory(link, LinkOption.NOFOLLOW_LINKS)) {
            throw new MemberPath.Unsafe("pg_tblspc/" + oid + " is a directory, not a link");
        }
        Files.deleteIfExists(link);
        Path unused = Files.createSymbolicLink(link, target);
        owners.copy(data.path(), link);
    }

    /** The label is made by whoever takes the backup, with an owner and a mode of its own. */
    private void ownLabel() throws IOException {
        Path label = data.path().resolve("backup_label");
        Path unused = Files.setPosixFilePermissions(label, PosixFilePermissions.fromString("rw-------"));
        allowGroup(label, "rw-r-----");
        owners.copy(data.path(), label);
    }

    private void flush() throws IOException {
        if (!settings.flush()) {
            return;
        }
        for (RestorePlan.Part part : plan.archives()) {
            DiskFlush.tree(part.target());
            flushParent(part.target());
        }
        if (plan.order().destination().walVolume().isPresent()) {
            Path wal = plan.order().destination().walVolume().get().resolve("pg_wal");
            DiskFlush.tree(wal);
            flushParent(wal);
        }
    }

    private static void flushParent(Path path) throws IOException {
        Path parent = path.getParent();
        // A directory we may not read is not one we made an entry in.
        if (parent != null && Files.isReadable(parent)) {
            DiskFlush.file(parent);
        }
    }

    private void publish(UnfinishedMark mark) throws IOException, MemberPath.Unsafe {
        Path place = data.prepare(MemberPath.of(MemberRules.CONTROL_FILE));
        if (Files.exists(mark.controlFile())) {
            Path unused = Files.move(mark.controlFile(), place, StandardCopyOption.ATOMIC_MOVE);
            if (settings.flush()) {
                DiskFlush.file(data.path().resolve("global"));
            }
        }
        mark.remove();
        if (settings.flush()) {
            DiskFlush.file(data.path());
        }
    }
}
