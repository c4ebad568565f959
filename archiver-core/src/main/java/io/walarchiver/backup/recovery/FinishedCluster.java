package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.recovery.RecoveryException.CorruptArchive;
import io.walarchiver.backup.recovery.RecoveryException.WrongServer;
import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.WalFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether what was extracted is the cluster that the record speaks of: the files without which it does not start, its
 * version, its identity, and the position its recovery begins at. Blocks.
 */
final class FinishedCluster {

    private static final Pattern START =
            Pattern.compile("START WAL LOCATION: ([0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8})(?: .*)?");
    private static final int LARGEST_BYTES = 64 << 10;

    private final RestorePlan plan;
    private final BackupInfo info;
    private final Path controlFile;

    /** @param controlFile where the control file is now */
    FinishedCluster(RestorePlan plan, Path controlFile) {
        this.plan = plan;
        this.info = plan.order().backup().info();
        this.controlFile = controlFile;
    }

    /**
     * Checks.
     *
     * @throws CorruptArchive when something is missing or contradicts the record
     * @throws WrongServer    when it is of another server
     */
    void verify(BackupRestoreObserver observer) throws IOException {
        Path data = plan.order().destination().dataDirectory();
        verifyVersion(text(data.resolve("PG_VERSION"), "PG_VERSION").strip());
        verifyControlFile(content(controlFile, MemberRules.CONTROL_FILE), observer);
        verifyLabel(text(data.resolve("backup_label"), "backup_label"));
    }

    private void verifyVersion(String version) {
        OptionalInt recorded = info.serverVersion();
        if (recorded.isPresent() && !version.equals(majorVersion(recorded.getAsInt()))) {
            throw new WrongServer("backup " + id() + " holds a cluster of PostgreSQL " + version
                    + ", but its record says " + majorVersion(recorded.getAsInt()));
        }
    }

    /** The content of {@code PG_VERSION} for a {@code server_version_num}. */
    static String majorVersion(int number) {
        return number >= 100_000 ? Integer.toString(number / 10_000) : number / 10_000 + "." + number / 100 % 100;
    }

    private void verifyControlFile(byte[] content, BackupRestoreObserver observer) {
        String identifier;
        try {
            identifier = Long.toUnsignedString(
                    ControlFile.parse(ByteBuffer.wrap(content)).systemIdentifier());
        } catch (WalFormatException.ControlFileVersionUnknown unknown) {
            observer.warning("the control file of backup " + id() + " cannot be checked: " + unknown.getMessage());
            // In every layout there has been, the identifier comes first.
            identifier = Long.toUnsignedString(
                    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        } catch (WalFormatException damaged) {
            throw new CorruptArchive(
                    "the control file of backup " + id() + " is of no use: " + damaged.getMessage(), damaged);
        }
        Optional<String> recorded = info.systemIdentifier();
        if (recorded.isPresent() && !recorded.get().equals(identifier)) {
            throw new WrongServer("backup " + id() + " holds the cluster with system identifier " + identifier
                    + ", but its record says " + recorded.get());
        }
    }

    private void verifyLabel(String label) {
        Matcher start = START.matcher(label.lines().findFirst().orElse(""));
        if (!start.matches()) {
            throw new CorruptArchive(
                    "the backup_label of backup " + id() + " does not tell where recovery begins", null);
        }
        Lsn begin = Lsn.parse(start.group(1));
        Optional<Lsn> recorded = info.begin().lsn();
        if (recorded.isPresent() && !recorded.get().equals(begin)) {
            throw new CorruptArchive(
                    "the backup_label of backup " + id() + " says that recovery begins at " + begin
                            + ", but its record says " + recorded.get() + ": the archives are those of another backup",
                    null);
        }
    }

    private String id() {
        return plan.order().backup().id().value();
    }

    private String text(Path file, String name) throws IOException {
        return new String(content(file, name), StandardCharsets.UTF_8);
    }

    private byte[] content(Path file, String name) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new CorruptArchive(
                    "the archives of backup " + id() + " hold no " + name
                            + (name.equals("backup_label") || name.equals(MemberRules.CONTROL_FILE)
                                    ? ", which comes last: their last volume is missing or was cut off"
                                    : ""),
                    null);
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(LARGEST_BYTES);
        }
    }
}
