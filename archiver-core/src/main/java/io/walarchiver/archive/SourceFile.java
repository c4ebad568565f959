package io.walarchiver.archive;

import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import io.walarchiver.wal.WalPageHeader;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A WAL file about to be archived, and the checks that it is what its name says: length, page magic, system identifier,
 * timeline, page address. This is the last moment at which a wrong copy can be repaired.
 *
 * <p>Everything here blocks on the file system.
 */
final class SourceFile {

    private final Path path;
    private final WalFileName name;
    private final DataDirectory source;

    SourceFile(DataDirectory source, WalFileName name) {
        this.path = source.walFile(name);
        this.name = name;
        this.source = source;
    }

    Path path() {
        return path;
    }

    /** The file's identity and length, after checking that it is a regular file of the right length. */
    FileIdentity identity() {
        try {
            if (Files.isDirectory(path)) {
                throw unusable("it is a directory, not a file", null);
            }
            FileIdentity identity = FileIdentity.of(path)
                    .orElseThrow(() -> unusable(
                            "the file does not exist; PostgreSQL must not remove a segment that is not archived yet",
                            null));
            checkLength(identity.length());
            return identity;
        } catch (AccessDeniedException e) {
            throw notReadable(e);
        } catch (IOException e) {
            throw unusable("it cannot be read: " + e, e);
        }
    }

    private void checkLength(long length) throws IOException {
        if (name.isSegmentSized()) {
            SegmentSize size = source.controlFile().segmentSize();
            if (length != size.bytes()) {
                throw unusable(
                        "it has " + length + " bytes, but a segment of this cluster has " + size.bytes()
                                + "; it is still being written or was cut off",
                        null);
            }
        } else if (length == 0) {
            throw unusable("it is empty; it was lost in a crash before it reached the disk", null);
        }
    }

    /**
     * Reads the whole file into {@code target}, which is flipped, and checks it.
     *
     * @param expected what {@link #identity()} said
     */
    void readInto(ByteBuffer target, FileIdentity expected) {
        target.clear().limit(Math.toIntExact(expected.length()));
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            while (target.hasRemaining()) {
                if (channel.read(target) < 0) {
                    throw unusable("it became shorter while it was read", null);
                }
            }
        } catch (NoSuchFileException e) {
            throw unusable("the file vanished while it was read", e);
        } catch (AccessDeniedException e) {
            throw notReadable(e);
        } catch (IOException e) {
            throw unusable("it cannot be read: " + e, e);
        }
        target.flip();
        checkUnchanged(expected);
        if (name.isSegmentSized()) {
            checkHeader(target.duplicate());
        }
    }

    /** Fails when the file is not the one it was. */
    void checkUnchanged(FileIdentity expected) {
        if (!identity().equals(expected)) {
            throw unusable("it changed while it was read", null);
        }
    }

    /** Checks the long header of the first page against the name and the control file. */
    void checkHeader(ByteBuffer firstPage) {
        try {
            WalPageHeader header = WalPageHeader.parse(firstPage);
            ControlFile control = source.controlFile();
            if (header.systemIdentifier() != control.systemIdentifier()) {
                // A restore may have put another cluster into the directory since the control file was read.
                control = source.rereadControlFile();
            }
            header.requireSystemIdentifier(control.systemIdentifier());
            header.requireFirstPageOf(segmentName(), control.segmentSize());
        } catch (IOException e) {
            throw unusable("it cannot be checked: " + e.getMessage(), e);
        } catch (WalFormatException | IllegalArgumentException e) {
            throw unusable(e.getMessage() + "; it was cut off, copied or renamed by hand", e);
        }
    }

    /** The system identifier of the cluster the file is archived from. */
    OptionalLong systemIdentifier() throws IOException {
        return OptionalLong.of(source.controlFile().systemIdentifier());
    }

    private WalSegmentName segmentName() {
        if (name instanceof WalFileName.Segment s) {
            return s.segment();
        }
        if (name instanceof WalFileName.PartialSegment p) {
            return p.segment();
        }
        throw new IllegalStateException(name + " has no page header");
    }

    private ArchiveException.SourceUnusable notReadable(AccessDeniedException e) {
        return unusable(
                "it cannot be read: permission denied; run the archiver as the user that owns the data directory", e);
    }

    private ArchiveException.SourceUnusable unusable(@Nullable String reason, @Nullable Throwable cause) {
        return new ArchiveException.SourceUnusable("cannot archive " + path + ": " + reason, cause);
    }
}
