package io.walarchiver.backup.base;

import io.walarchiver.backup.tar.MemberAttributes;
import io.walarchiver.backup.tar.TarMember;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a data directory or of a tablespace in the order of the archive: a directory, its files by name, then its
 * directories one after the other. Holds the names of the directories on the way down, never the whole tree.
 *
 * <p>Files come and go while the server works: what has vanished is passed over, as recovery would remove it too.
 */
final class ClusterWalk implements MemberSource {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterWalk.class);

    /** Pieces a file is read in; a multiple of every page size. */
    private static final int WINDOW_BYTES = 256 << 10;

    /** What barman puts before the names of files at the top of a data directory, and of nothing else. */
    private static final String TOP_PREFIX = "./";

    /** Its links are made by whoever restores, to where the tablespaces are put then. */
    private static final String TABLESPACE_LINKS = "pg_tblspc";

    private final String topPrefix;
    private final String reportPrefix;
    private final Path root;
    private final Predicate<String> atTheTop;
    private final Set<FileStatus.Key> elsewhere;
    private final Optional<PageVerification> verification;
    private final BackupCounters counters;
    private final FileStatus.Owners owners = new FileStatus.Owners();
    private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
    private final Deque<OpenDirectory> open = new ArrayDeque<>();
    private @Nullable Found found;

    private boolean begun;

    private ClusterWalk(
            String topPrefix,
            String reportPrefix,
            Path root,
            Predicate<String> atTheTop,
            Set<FileStatus.Key> elsewhere,
            Optional<PageVerification> verification,
            BackupCounters counters) {
        this.topPrefix = topPrefix;
        this.reportPrefix = reportPrefix;
        this.root = root;
        this.atTheTop = atTheTop;
        this.elsewhere = elsewhere;
        this.verification = verification;
        this.counters = counters;
    }

    /**
     * A data directory, itself first.
     *
     * @param root      no symbolic link
     * @param elsewhere directories that have an archive of their own, should they lie inside
     * @param replaced  names at the top that come from somewhere else
     */
    static ClusterWalk ofDataDirectory(
            Path root,
            Set<FileStatus.Key> elsewhere,
            Set<String> replaced,
            Optional<PageVerification> verification,
            BackupCounters counters) {
        return new ClusterWalk(
                TOP_PREFIX, "", root, name -> !replaced.contains(name), elsewhere, verification, counters);
    }

    /** What a server of one major version keeps in a tablespace. */
    static ClusterWalk ofTablespace(
            Path root, long oid, int majorVersion, Optional<PageVerification> verification, BackupCounters counters) {
        String prefix = "PG_" + majorVersion + "_";
        return new ClusterWalk(
                "",
                TABLESPACE_LINKS + "/" + oid + "/",
                root,
                name -> name.startsWith(prefix),
                Set.of(),
                verification,
                counters);
    }

    /**
     * The member the walk stands at.
     *
     * @param name     in the archive
     * @param status   what it is; of the target for a symbolic link that becomes a directory
     * @param relation null when the file holds no pages
     */
    private record Found(
            String name,
            Path path,
            FileStatus status,
            @Nullable RelationFileName relation) {}

    private void enter(String name, Path path, Predicate<String> filter) throws IOException {
        open.push(OpenDirectory.list(name, path, filter));
    }

    @Override
    public boolean advance() {
        found = null;
        if (!begun) {
            begun = true;
            begin();
        }
        while (found == null && !open.isEmpty()) {
            OpenDirectory directory = open.getFirst();
            if (directory.hasEntry()) {
                look(directory, directory.nextEntry());
            } else if (directory.hasDirectory()) {
                descend(directory, directory.nextDirectory());
            } else {
                open.pop();
            }
        }
        return found != null;
    }

    private void begin() {
        try {
            if (topPrefix.equals(TOP_PREFIX)) {
                found = new Found(".", root, FileStatus.of(root), null);
            }
            enter("", root, atTheTop);
        } catch (IOException e) {
            throw unreadable(root, e);
        }
    }

    private void look(OpenDirectory directory, String name) {
        if (ClusterExclusions.isLeftOut(directory.name(), name)) {
            return;
        }
        Path path = directory.resolve(name);
        try {
            FileStatus status = FileStatus.of(path);
            if (status.isDirectory()) {
                directory.addDirectory(name);
            } else if (status.isSymbolicLink()) {
                lookAtLink(directory, name, path, status);
            } else if (status.isRegular()) {
                RelationFileName relation = directory.holdsRelations() ? RelationFileName.parse(name) : null;
                if (relation == null || !ClusterExclusions.isTransient(relation, directory.unlogged())) {
                    found = new Found(fileName(directory, name), path, status, relation);
                }
            }
            // Sockets, pipes and devices mean nothing in a copy.
        } catch (NoSuchFileException vanished) {
            LOG.trace("vanished: {}", path);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private void lookAtLink(OpenDirectory directory, String name, Path path, FileStatus status) {
        if (directory.name().equals(TABLESPACE_LINKS)) {
            return;
        }
        if (!pointsToDirectory(path)) {
            found = new Found(fileName(directory, name), path, status, null);
        } else if (ClusterExclusions.isEmptied(directory.child(name))) {
            directory.addDirectory(name);
        } else {
            LOG.atWarn()
                    .addKeyValue("file", path)
                    .log("left out of the backup: a symbolic link to a directory; only tablespaces and pg_wal may be"
                            + " elsewhere");
        }
    }

    private static boolean pointsToDirectory(Path link) {
        try {
            return FileStatus.ofTarget(link).isDirectory();
        } catch (IOException dangling) {
            return false;
        }
    }

    private void descend(OpenDirectory parent, String name) {
        Path path = parent.resolve(name);
        String child = parent.child(name);
        try {
            boolean emptied = ClusterExclusions.isEmptied(child);
            // The log may be on another disk; its link becomes a directory.
            if (emptied) {
                path = path.toRealPath();
            }
            FileStatus status = FileStatus.of(path);
            if (!status.isDirectory()) {
                return;
            }
            if (!emptied && !elsewhere.contains(status.key())) {
                enter(child, path, any -> true);
            }
            found = new Found(child, path, status, null);
        } catch (NoSuchFileException vanished) {
            LOG.trace("vanished: {}", path);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private String fileName(OpenDirectory directory, String name) {
        return directory.name().isEmpty() ? topPrefix + name : directory.child(name);
    }

    @Override
    public long size() {
        Found at = require();
        return at.status().isRegular() ? at.status().size() : 0;
    }

    @Override
    public @Nullable TarMember open(HardLinks links) {
        Found at = require();
        try {
            return member(at, links);
        } catch (NoSuchFileException | NotLinkException vanished) {
            return null;
        } catch (IOException e) {
            throw unreadable(at.path(), e);
        }
    }

    private @Nullable TarMember member(Found at, HardLinks links) throws IOException {
        MemberAttributes attributes = owners.attributes(at.path(), at.status());
        if (at.status().isDirectory()) {
            return new TarMember.Directory(at.name(), attributes);
        }
        if (at.status().isSymbolicLink()) {
            Optional<String> target = MemberNames.textOf(Files.readSymbolicLink(at.path()));
            if (target.isEmpty()) {
                LOG.atWarn().addKeyValue("file", at.path()).log("left out of the backup: its target is not UTF-8");
            }
            return target.map(text -> new TarMember.SymbolicLink(at.name(), attributes, text))
                    .orElse(null);
        }
        String earlier = links.memberWith(at.status());
        if (earlier != null) {
            return new TarMember.HardLink(at.name(), attributes, earlier);
        }
        TarMember file = file(at, attributes);
        links.stored(at.status(), at.name());
        counters.fileOpened();
        return file;
    }

    private TarMember file(Found at, MemberAttributes attributes) throws IOException {
        FileChannel channel = FileChannel.open(at.path(), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try {
            long size = channel.size();
            RelationFileName relation = at.relation();
            PageVerification.OfFile pages = relation == null || verification.isEmpty()
                    ? null
                    : verification.get().of(reportPrefix + at.name(), relation);
            return new TarMember.RegularFile(
                    at.name(),
                    attributes,
                    size,
                    new FileContent(at.path(), channel, size, window, pages, counters::bytesRead));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private Found require() {
        Found at = found;
        if (at == null) {
            throw new IllegalStateException("the walk stands at no member");
        }
        return at;
    }

    private static BackupException.SourceUnusable unreadable(Path path, IOException e) {
        return new BackupException.SourceUnusable(
                e instanceof AccessDeniedException
                        ? "cannot read " + path + ": permission denied; take backups as the user that owns the data"
                                + " directory"
                        : "cannot read " + path + ": " + e,
                e);
    }
}
