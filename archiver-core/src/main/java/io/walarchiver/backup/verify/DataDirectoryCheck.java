package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.WalFormatException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Whether the archive of a data directory is that of the backup its record describes. Pure. */
final class DataDirectoryCheck {

    private static final int VERSIONS_PER_MAJOR = 10_000;

    private final ArchiveContent content;
    private final BackupInfo info;
    private final List<String> problems = new ArrayList<>();

    private DataDirectoryCheck(ArchiveContent content, BackupInfo info) {
        this.content = content;
        this.info = info;
    }

    /** What is wrong, in words; nothing when all is well. To be asked when all volumes were read to their ends. */
    static List<String> problems(ArchiveContent content, BackupInfo info) {
        DataDirectoryCheck check = new DataDirectoryCheck(content, info);
        check.version();
        check.label();
        check.controlFile();
        if (content.file(ArchiveContent.MAP).isPresent()) {
            check.problems.add("it contains " + ArchiveContent.MAP
                    + ": a server restored from it runs on the tablespaces of the original server");
        }
        return List.copyOf(check.problems);
    }

    private OptionalInt major() {
        return info.serverVersion().isPresent()
                ? OptionalInt.of(info.serverVersion().getAsInt() / VERSIONS_PER_MAJOR)
                : OptionalInt.empty();
    }

    private void version() {
        Optional<String> version = content.text(ArchiveContent.VERSION).map(String::strip);
        if (version.isEmpty()) {
            problems.add("it does not contain " + ArchiveContent.VERSION);
        } else if (major().isPresent() && !version.get().equals(Integer.toString(major().getAsInt()))) {
            problems.add(ArchiveContent.VERSION + " says \"" + shown(version.get()) + "\", the record says version "
                    + major().getAsInt());
        }
    }

    private void label() {
        Optional<String> label = content.text(ArchiveContent.LABEL);
        if (label.isEmpty()) {
            problems.add("it does not contain " + ArchiveContent.LABEL
                    + ", without which it would be restored as damaged" + " as a running server's files are");
        } else if (info.label().isPresent() && !info.label().get().equals(label.get())) {
            problems.add(ArchiveContent.LABEL + " is not the one of the record");
        }
    }

    private void controlFile() {
        Optional<byte[]> bytes = content.file(ArchiveContent.CONTROL);
        if (bytes.isEmpty()) {
            problems.add("it does not contain " + ArchiveContent.CONTROL);
            return;
        }
        ControlFile control;
        try {
            control = ControlFile.parse(ByteBuffer.wrap(bytes.get()));
        } catch (WalFormatException.ControlFileVersionUnknown newer) {
            // Nothing can be compared; that is this program's limit, not the backup's.
            return;
        } catch (WalFormatException damage) {
            problems.add(ArchiveContent.CONTROL + " is damaged: " + damage.getMessage());
            return;
        }
        String identifier = Long.toUnsignedString(control.systemIdentifier());
        info.systemIdentifier()
                .filter(recorded -> !recorded.equals(identifier))
                .ifPresent(recorded -> problems.add(ArchiveContent.CONTROL + " has the system identifier " + identifier
                        + ", the record has " + recorded));
        if (control.majorVersion().isPresent()
                && major().isPresent()
                && control.majorVersion().getAsInt() != major().getAsInt()) {
            problems.add(ArchiveContent.CONTROL + " is of version "
                    + control.majorVersion().getAsInt() + ", the record says " + major().getAsInt());
        }
        if (control.segmentSize().bytes() != info.segmentSizeBytes()) {
            problems.add(ArchiveContent.CONTROL + " has WAL segments of " + control.segmentSize() + ", the record has "
                    + info.segmentSizeBytes() + " bytes");
        }
    }

    private static String shown(String text) {
        return (text.length() <= 20 ? text : text.substring(0, 20) + "…").replaceAll("\\p{Cntrl}", "?");
    }
}
