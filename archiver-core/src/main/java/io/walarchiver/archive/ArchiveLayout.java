package io.walarchiver.archive;

import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.WalFileName;
import java.util.Optional;

/**
 * Where everything is kept, in barman-cloud's layout. The only place that knows a key.
 *
 * <p>With prefix {@code pg/main} and server {@code orders-db}:
 *
 * <ul>
 *   <li>segment: {@code pg/main/orders-db/wals/000000010000000A/000000010000000A0000003F.zst}
 *   <li>partial segment: {@code …/wals/000000010000000A/000000010000000A0000003F.partial.zst}
 *   <li>backup history: {@code …/wals/000000010000000A/000000010000000A0000003F.00000028.backup.zst}
 *   <li>timeline history: {@code …/wals/00000002.history.zst}
 * </ul>
 *
 * @param prefix     the path of the destination without leading and trailing slashes; may be empty
 * @param serverName the name of the server's part of the archive; not empty, no slash
 */
public record ArchiveLayout(String prefix, String serverName) {

    public ArchiveLayout {
        while (prefix.startsWith("/")) {
            prefix = prefix.substring(1);
        }
        while (prefix.endsWith("/")) {
            prefix = prefix.substring(0, prefix.length() - 1);
        }
        if (serverName.isBlank() || serverName.contains("/")) {
            throw new IllegalArgumentException("not a server name: \"" + serverName + "\"");
        }
    }

    /** What every key of this server starts with, slash included. */
    public String serverPrefix() {
        return prefix.isEmpty() ? serverName + "/" : prefix + "/" + serverName + "/";
    }

    /** What every key of a WAL file starts with, slash included. */
    public String walPrefix() {
        return serverPrefix() + "wals/";
    }

    /** The key of a WAL file stored with {@code compression}. */
    public ObjectKey walKey(WalFileName name, Compression compression) {
        return new ObjectKey(walKeyStem(name) + compression.suffix());
    }

    /** The key of a WAL file without compression suffix; the prefix of all spellings of its key. */
    public String walKeyStem(WalFileName name) {
        return walPrefix() + directory(name) + name;
    }

    /** What every key of base backups starts with, slash included. */
    public String basePrefix() {
        return serverPrefix() + "base/";
    }

    /**
     * What barman's annotations of base backups start with when the URL it was given ends in a slash: that slash, and one
     * more. Nothing else is kept there. Empty without a prefix.
     */
    public Optional<String> otherAnnotationPrefix() {
        return prefix.isEmpty() ? Optional.empty() : Optional.of(prefix + "//" + serverName + "/base/");
    }

    /** What every key of one base backup starts with, slash included. */
    public String backupPrefix(String backupId) {
        return basePrefix() + backupId + "/";
    }

    /** The key of a file of a base backup. */
    public ObjectKey backupKey(String backupId, String name) {
        return new ObjectKey(backupPrefix(backupId) + name);
    }

    private static String directory(WalFileName name) {
        if (name instanceof WalFileName.Segment s) {
            return s.segment().directory() + "/";
        }
        if (name instanceof WalFileName.PartialSegment p) {
            return p.segment().directory() + "/";
        }
        if (name instanceof WalFileName.BackupHistoryFile b) {
            return b.segment().directory() + "/";
        }
        return "";
    }

    /** The WAL file a key holds; empty when the key is no WAL file of this server, at whatever depth below it. */
    public Optional<WalFileName> walFileOf(ObjectKey key) {
        if (!key.value().startsWith(walPrefix())) {
            return Optional.empty();
        }
        String name = key.name();
        String suffix = Compression.ofKey(name).suffix();
        try {
            return Optional.of(WalFileName.parse(name.substring(0, name.length() - suffix.length())));
        } catch (IllegalArgumentException notAWalFile) {
            return Optional.empty();
        }
    }
}
