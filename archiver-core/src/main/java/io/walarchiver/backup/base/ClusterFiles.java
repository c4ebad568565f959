package io.walarchiver.backup.base;

import io.walarchiver.backup.base.SmallFiles.Loaded;
import io.walarchiver.backup.base.SmallFiles.SmallFile;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.tar.MemberAttributes;
import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.WalFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The files of a server that go into its backup, in four parts: tablespaces, the data directory, what must be read last,
 * and the label. Everything here blocks on the file system.
 */
final class ClusterFiles {

    /** A torn read of pg_control, which PostgreSQL rewrites in place, is over within microseconds. */
    private static final int CONTROL_FILE_ATTEMPTS = 20;

    private static final int LABEL_MODE = 0600;
    private static final String LABEL = "backup_label";
    private static final String CONTROL_FILE = "global/pg_control";

    private final Path directory;
    private final ServerFacts facts;
    private final BackupCounters counters;
    private final List<Path> outside;
    private final boolean checksums;

    private ClusterFiles(
            Path directory, ServerFacts facts, BackupCounters counters, List<Path> outside, boolean checksums) {
        this.directory = directory;
        this.facts = facts;
        this.counters = counters;
        this.outside = List.copyOf(outside);
        this.checksums = checksums;
    }

    /**
     * The files of a server.
     *
     * @throws BackupException.WrongDataDirectory when the server runs on another directory
     * @throws BackupException.SourceUnusable     when its files cannot be read
     */
    static ClusterFiles of(Path source, ServerFacts facts, BackupCounters counters) {
        ControlFile control = requireSame(source, facts);
        try {
            Path real = source.toRealPath();
            return new ClusterFiles(
                    real, facts, counters, configurationOutside(real, facts), control.hasDataChecksums());
        } catch (IOException e) {
            throw new BackupException.SourceUnusable(
                    "cannot read the server's configuration: " + e + "; a backup needs all of it", e);
        }
    }

    private static ControlFile requireSame(Path directory, ServerFacts facts) {
        Path theirs = Path.of(facts.dataDirectory());
        String wrong = "cannot back up " + directory + ": the server has its data in " + theirs;
        ControlFile control;
        try {
            // Not the one archiving remembers: checksums can be switched on while the server is down.
            control = ControlFile.parse(ByteBuffer.wrap(readControlFile(directory)));
        } catch (IOException e) {
            throw new BackupException.WrongDataDirectory(
                    "cannot back up " + directory + ": its control file cannot be read: " + e
                            + "; is this the server's data directory?",
                    e);
        }
        if (control.systemIdentifier() != facts.systemIdentifier()) {
            throw new BackupException.WrongDataDirectory(
                    wrong + ", which is another cluster: its system identifier is "
                            + Long.toUnsignedString(facts.systemIdentifier()) + ", that of the directory is "
                            + Long.toUnsignedString(control.systemIdentifier())
                            + "; connect to the server that runs on the directory",
                    null);
        }
        try {
            if (!Files.isSameFile(directory, theirs)) {
                throw new BackupException.WrongDataDirectory(
                        wrong
                                + ", which is a copy of it or its original, but not it; connect to the server that runs on"
                                + " the directory",
                        null);
            }
        } catch (IOException e) {
            throw new BackupException.WrongDataDirectory(
                    wrong + ", which cannot be seen from here (" + e + "); a backup is taken on the server's own host,"
                            + " with its directories at the same paths",
                    e);
        }
        return control;
    }

    /** True when data pages carry checksums. */
    boolean hasChecksums() {
        return checksums;
    }

    private static List<Path> configurationOutside(Path directory, ServerFacts facts) throws IOException {
        List<Path> outside = new ArrayList<>();
        for (String file : List.of(facts.configFile(), facts.hbaFile(), facts.identFile())) {
            Path path = Path.of(file);
            try {
                if (!path.toRealPath().startsWith(directory)) {
                    outside.add(path);
                }
            } catch (NoSuchFileException e) {
                if (!file.equals(facts.identFile())) {
                    throw e;
                }
                // The server runs without it.
            }
        }
        return outside;
    }

    /** The archive of a tablespace. */
    MemberSource tablespace(TablespaceLocation tablespace, Optional<PageVerification> verification) {
        return ClusterWalk.ofTablespace(
                location(tablespace), tablespace.oid(), facts.majorVersion(), verification, counters);
    }

    /** Where the link in the data directory leads, which is what the server uses. */
    private Path location(TablespaceLocation tablespace) {
        try {
            return directory
                    .resolve("pg_tblspc")
                    .resolve(Long.toString(tablespace.oid()))
                    .toRealPath();
        } catch (IOException e) {
            throw new BackupException.SourceUnusable(
                    "cannot read tablespace " + tablespace.name() + " in " + tablespace.location() + ": " + e
                            + "; its directory must be there for this process, too",
                    e);
        }
    }

    /** The data directory without what the other methods give. */
    MemberSource dataDirectory(Optional<PageVerification> verification) throws IOException {
        Set<FileStatus.Key> elsewhere = new HashSet<>();
        for (TablespaceLocation tablespace : facts.tablespaces()) {
            elsewhere.add(FileStatus.of(location(tablespace)).key());
        }
        Set<String> replaced =
                outside.stream().map(path -> path.getFileName().toString()).collect(Collectors.toSet());
        return ClusterWalk.ofDataDirectory(directory, elsewhere, replaced, verification, counters);
    }

    /** The control file, which tells how far recovery has to go, and so must be younger than all data. */
    MemberSource controlFileAndConfiguration() {
        List<SmallFile> files = new ArrayList<>();
        files.add(new SmallFile(CONTROL_FILE, this::controlFile));
        for (Path path : outside) {
            files.add(new SmallFile(path.getFileName().toString(), () -> {
                Path real = path.toRealPath();
                return new Loaded(
                        new FileStatus.Owners().attributes(real, FileStatus.of(real)), Files.readAllBytes(real));
            }));
        }
        return new SmallFiles(files, counters);
    }

    private Loaded controlFile() throws IOException {
        byte[] content = readControlFile(directory);
        Path path = directory.resolve(CONTROL_FILE);
        return new Loaded(new FileStatus.Owners().attributes(path, FileStatus.of(path)), content);
    }

    private static byte[] readControlFile(Path directory) throws IOException {
        Path path = directory.resolve(CONTROL_FILE);
        for (int attempt = 1; ; attempt++) {
            byte[] content = Files.readAllBytes(path);
            try {
                ControlFile unused = ControlFile.parse(ByteBuffer.wrap(content));
                return content;
            } catch (WalFormatException e) {
                boolean mayPass = e instanceof WalFormatException.ControlFileTorn && attempt < CONTROL_FILE_ATTEMPTS;
                if (!mayPass) {
                    throw new BackupException.SourceUnusable("cannot use " + path + ": " + e.getMessage(), e);
                }
                Thread.onSpinWait();
            }
        }
    }

    /** What tells PostgreSQL that it starts on a backup. */
    MemberSource label(String label, Instant time) {
        SmallFile file = new SmallFile(LABEL, () -> {
            MemberAttributes owner = new FileStatus.Owners().attributes(directory, FileStatus.of(directory));
            return new Loaded(
                    new MemberAttributes(
                            LABEL_MODE, owner.uid(), owner.gid(), owner.user(), owner.group(), FileTime.from(time)),
                    label.getBytes(StandardCharsets.UTF_8));
        });
        return new SmallFiles(List.of(file), counters);
    }
}
