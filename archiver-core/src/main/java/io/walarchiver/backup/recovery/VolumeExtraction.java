package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.recovery.RecoveryException.CorruptArchive;
import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import io.walarchiver.backup.tar.TarFormatException;
import io.walarchiver.backup.tar.TarHeader;
import io.walarchiver.backup.tar.TarReader;
import io.walarchiver.backup.transfer.Passage;
import io.walarchiver.backup.transfer.ReadAhead;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.CorruptObjectException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks one object. Blocks on the download and on the disk; one thread runs it once, another one decompresses for it.
 *
 * <p>Content, permissions, times of files, and owners where possible, become what the archive says. Directories are always
 * accessible to their owner, and their times are those of the restore: nothing reads them.
 */
final class VolumeExtraction {

    private static final PosixFilePermission[] BITS = {
        PosixFilePermission.OTHERS_EXECUTE,
        PosixFilePermission.OTHERS_WRITE,
        PosixFilePermission.OTHERS_READ,
        PosixFilePermission.GROUP_EXECUTE,
        PosixFilePermission.GROUP_WRITE,
        PosixFilePermission.GROUP_READ,
        PosixFilePermission.OWNER_EXECUTE,
        PosixFilePermission.OWNER_WRITE,
        PosixFilePermission.OWNER_READ
    };
    private static final int OWNER_ONLY = 0600;
    private static final int OWNER_ALL = 0700;
    private static final int GROUP_TOO = 0750;
    private static final int PERMISSIONS = 0777;
    private static final int UNKNOWN = -1;

    /** What stands for letters that could not be read. */
    private static final char REPLACEMENT = '\uFFFD';

    /** What the disk is to be asked for. */
    private interface Work {
        void run() throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap;
    }

    /** A failure to write, told apart from one to read. */
    private static final class WriteFailed extends IOException {
        private static final long serialVersionUID = 1L;

        WriteFailed(IOException cause) {
            super(cause);
        }
    }

    private final BackupFile file;
    private final ArchiveTree tree;
    private final boolean sideBySide;
    private final RestorePlan plan;
    private final Passage passage;
    private final Executor decoders;
    private final Owners owners;
    private final ProgressMeter progress;
    private final MemberFile writer = new MemberFile();
    private TarReader tar;
    private String member = "";
    private boolean between;
    private long offset;

    /**
     * @param sideBySide whether other volumes of the archive are extracted at the same time
     * @param decoders   has a thread free for this one
     */
    VolumeExtraction(
            BackupFile file,
            ArchiveTree tree,
            boolean sideBySide,
            RestorePlan plan,
            Passage passage,
            Executor decoders,
            Owners owners,
            ProgressMeter progress) {
        this.file = file;
        this.tree = tree;
        this.sideBySide = sideBySide;
        this.plan = plan;
        this.passage = passage;
        this.decoders = decoders;
        this.owners = owners;
        this.progress = progress;
        this.tar = new TarReader(InputStream.nullInputStream());
    }

    /**
     * Unpacks to the end.
     *
     * @throws RecoveryException   what is wrong with the object or the destination
     * @throws ArchiveTree.Overlap when the volumes must be extracted one after the other
     * @throws Passage.Over        when the download was given up
     */
    void run() throws IOException, ArchiveTree.Overlap {
        passage.enter();
        try (InputStream content = ReadAhead.of(Codec.of(file.compression()), passage, decoders)) {
            writing(() -> tree.root().create());
            tar = new TarReader(content);
            for (Optional<TarHeader> next = tar.next(); next.isPresent(); next = tar.next()) {
                between = false;
                extract(next.get());
                between = true;
            }
            requireEnd();
        } catch (WriteFailed failed) {
            throw unusable((IOException) Objects.requireNonNull(failed.getCause()));
        } catch (MemberPath.Unsafe unsafe) {
            throw corrupt(String.valueOf(unsafe.getMessage()), unsafe);
        } catch (TarFormatException damaged) {
            offset = damaged.offset();
            throw corrupt(String.valueOf(damaged.getMessage()), damaged);
        } catch (CorruptObjectException damaged) {
            offset = tar.position();
            throw corrupt(String.valueOf(damaged.getMessage()), damaged);
        } finally {
            passage.leave();
        }
    }

    /**
     * Whether a stream ended where it should is known to the compression, or else to the end mark. Without either, it may
     * have been cut off between two members.
     */
    private void requireEnd() {
        boolean open = file.compression() == Compression.NONE || file.compression() == Compression.SNAPPY;
        if (open && !tar.hasEndMark()) {
            offset = tar.position();
            throw corrupt("it has no end mark: it was cut off", null);
        }
    }

    private CorruptArchive corrupt(String reason, @Nullable Exception cause) {
        return new CorruptArchive(
                "cannot restore backup " + plan.order().backup().id() + ": " + file.key() + ": " + reason + " ("
                        + (member.isEmpty() ? "" : (between ? "after" : "at") + " member " + printable(member) + ", ")
                        + "byte " + offset
                        + " of the archive)",
                cause);
    }

    private DestinationUnusable unusable(IOException failure) {
        Path where = tree.root().path();
        if (FreeSpace.isFull(failure, where)) {
            return new DestinationUnusable(
                    "cannot restore " + printable(member) + " to " + where + ": the file system is full; "
                            + FreeSpace.missing(plan, progress.now())
                            + " are missing. Make room and run the restore again to go on",
                    failure);
        }
        return OpenDestination.unusable("restore " + printable(member) + " to " + where, failure);
    }

    private static String printable(String name) {
        String shown = name.length() <= 200 ? name : name.substring(0, 200) + "…";
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    private void extract(TarHeader header) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        member = header.name();
        offset = header.offset();
        if (passage.isClosed()) {
            throw new Passage.Over();
        }
        if (sideBySide && tree.isOverlapping()) {
            throw new ArchiveTree.Overlap(member);
        }
        MemberPath path = MemberPath.of(header.name());
        if (path.isRoot()) {
            root(header);
            return;
        }
        if (member.indexOf(REPLACEMENT) >= 0) {
            progress.observer().warning(file.key() + ": the name of " + printable(member) + " is not in UTF-8");
        }
        MemberRules.Treatment treatment = tree.rules().treat(path, header);
        switch (treatment) {
            case LEAVE_OUT -> {}
            case LEAVE_OUT_LOUDLY ->
                progress.observer()
                        .warning(file.key() + ": " + header.type().name().toLowerCase(Locale.ROOT) + " "
                                + printable(member) + " is not restored");
            case CONTROL_FILE, IN_ORDER, EXTRACT -> writing(() -> put(path, header, treatment));
        }
    }

    /** The mode of a data directory is one of two, or PostgreSQL does not start. */
    private void root(TarHeader header) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        if (header.type() != TarHeader.Type.DIRECTORY) {
            throw new MemberPath.Unsafe("the root is no directory");
        }
        // Later volumes have none; should one, the first is right.
        if (file.volume() == 0 && file.archive() instanceof Archive.Data) {
            writing(() -> {
                permissions(
                        tree.root().path(),
                        (header.mode() & PERMISSIONS) == GROUP_TOO ? GROUP_TOO : OWNER_ALL,
                        UNKNOWN);
                owners.apply(tree.root().path(), header);
            });
        }
    }

    private static void writing(Work work) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        try {
            work.run();
        } catch (ReadFailed failed) {
            throw (IOException) Objects.requireNonNull(failed.getCause());
        } catch (IOException failed) {
            throw new WriteFailed(failed);
        } catch (InvalidPathException unmappable) {
            throw new WriteFailed(new IOException(
                    "this process cannot make a file of that name; start it with LC_ALL=C.UTF-8", unmappable));
        }
    }

    /** A failure to read, on its way through code that writes. */
    private static final class ReadFailed extends IOException {
        private static final long serialVersionUID = 1L;

        ReadFailed(IOException cause) {
            super(cause);
        }
    }

    private int read(byte[] bytes, int from, int length) throws IOException {
        if (passage.isClosed()) {
            throw new ReadFailed(new Passage.Over());
        }
        try {
            return tar.read(bytes, from, length);
        } catch (IOException e) {
            throw new ReadFailed(e);
        }
    }

    private void put(MemberPath path, TarHeader header, MemberRules.Treatment treatment)
            throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        if (header.type() == TarHeader.Type.DIRECTORY) {
            Path place = tree.root().prepare(path);
            tree.root().directory(place);
            owners.apply(place, header);
            permissions(place, (header.mode() & PERMISSIONS) | OWNER_ALL, UNKNOWN);
            return;
        }
        Path place = treatment == MemberRules.Treatment.CONTROL_FILE
                ? tree.controlFile()
                : tree.root().prepare(path);
        if (sideBySide && treatment != MemberRules.Treatment.EXTRACT) {
            Path draft = tree.draft(file.volume());
            Files.deleteIfExists(draft);
            make(draft, header);
            tree.place(draft, place, file.volume());
        } else {
            make(place, header);
        }
    }

    private void make(Path place, TarHeader header) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        switch (header.type()) {
            case FILE -> makeFile(place, header);
            case SYMBOLIC_LINK -> {
                free(place);
                try {
                    Path unused = Files.createSymbolicLink(place, Path.of(header.linkName()));
                } catch (FileAlreadyExistsException e) {
                    throw new ArchiveTree.Overlap(member);
                }
                owners.apply(place, header);
            }
            case HARD_LINK -> makeHardLink(place, header);
            default -> throw new IllegalStateException("nothing to make of a " + header.type());
        }
    }

    private void makeFile(Path place, TarHeader header) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        try {
            writer.create(place, this::read);
        } catch (MemberFile.Exists there) {
            requireAlone();
            if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
                throw new MemberPath.Unsafe("a directory is in its place");
            }
            writer.replace(place, this::read);
        }
        owners.apply(place, header);
        permissions(place, header.mode() & PERMISSIONS, OWNER_ONLY);
        Objects.requireNonNull(
                        Files.getFileAttributeView(place, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS))
                .setTimes(header.modified(), null, null);
        progress.written(header.size());
    }

    private void makeHardLink(Path place, TarHeader header) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        MemberPath target = MemberPath.of(header.linkName());
        Optional<String> obstacle = MemberRules.unlinkable(target);
        if (obstacle.isPresent()) {
            throw new MemberPath.Unsafe(obstacle.get());
        }
        Path original;
        try {
            original = tree.root().existing(target);
            if (!Files.isRegularFile(original, LinkOption.NOFOLLOW_LINKS)) {
                throw new MemberPath.Unsafe("it is a link to " + printable(header.linkName())
                        + ", which is no file of the archive before it");
            }
        } catch (MemberPath.Unsafe missing) {
            requireAlone();
            throw missing;
        }
        try {
            if (Files.isSameFile(original, place)) {
                return;
            }
        } catch (NoSuchFileException none) {
            // As it should be.
        }
        free(place);
        try {
            Files.createLink(place, original);
        } catch (FileAlreadyExistsException e) {
            throw new ArchiveTree.Overlap(member);
        }
    }

    /** Removes what an earlier member or run has put there; a directory stays. */
    private void free(Path place) throws IOException, MemberPath.Unsafe, ArchiveTree.Overlap {
        if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
            requireAlone();
            if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
                throw new MemberPath.Unsafe("a directory is in its place");
            }
            Files.delete(place);
        }
    }

    /** What is there already may come from a volume that is extracted at the same time. */
    private void requireAlone() throws ArchiveTree.Overlap {
        if (sideBySide) {
            throw new ArchiveTree.Overlap(member);
        }
    }

    private static void permissions(Path path, int mode, int present) throws IOException {
        if (mode == present) {
            return;
        }
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < BITS.length; i++) {
            if ((mode & 1 << i) != 0) {
                boolean unused = permissions.add(BITS[i]);
            }
        }
        Path unused = Files.setPosixFilePermissions(path, permissions);
    }
}
