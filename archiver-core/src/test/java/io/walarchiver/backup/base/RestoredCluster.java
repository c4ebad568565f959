package io.walarchiver.backup.base;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.codec.Codec;
import io.walarchiver.store.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** What a person with a tar program makes of a backup: volumes unpacked in order, tablespaces linked to new places. */
final class RestoredCluster {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private RestoredCluster() {}

    /**
     * Unpacks a backup.
     *
     * @param directory   does not exist yet
     * @param tablespaces where each tablespace goes, by name
     */
    static void unpack(
            ObjectStore store,
            BackupCatalog catalog,
            BackupId id,
            Path directory,
            List<TablespaceLocation> listed,
            Map<String, Path> tablespaces)
            throws IOException {
        Files.createDirectory(directory);
        List<BackupFile> files = Objects.requireNonNull(catalog.files(id).block(PATIENCE));
        for (BackupFile file : files) {
            Path target = file.archive() instanceof Archive.Tablespace tablespace
                    ? tablespaces.get(name(listed, tablespace.oid()))
                    : directory;
            Files.createDirectories(Objects.requireNonNull(target));
            byte[] object = Objects.requireNonNull(
                    store.get(file.key(), (info, body) -> body.reduce(new ByteArrayOutputStream(), (all, bytes) -> {
                                byte[] copy = new byte[bytes.remaining()];
                                bytes.get(copy);
                                all.writeBytes(copy);
                                return all;
                            }))
                            .map(ByteArrayOutputStream::toByteArray)
                            .block(PATIENCE));
            try (InputStream plain =
                    Codec.of(file.compression()).decodingStream(new ByteArrayInputStream(object))) {
                unpack(plain, target);
            }
        }
        Files.createDirectories(directory.resolve("pg_wal"));
        for (TablespaceLocation tablespace : listed) {
            Files.createSymbolicLink(
                    directory.resolve("pg_tblspc").resolve(Long.toString(tablespace.oid())),
                    Objects.requireNonNull(tablespaces.get(tablespace.name())));
        }
    }

    private static String name(List<TablespaceLocation> tablespaces, long oid) {
        return tablespaces.stream()
                .filter(tablespace -> tablespace.oid() == oid)
                .findFirst()
                .orElseThrow()
                .name();
    }

    private static void unpack(InputStream plain, Path directory) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(plain);
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path target = directory.resolve(entry.getName()).normalize();
            if (entry.isDirectory()) {
                Files.createDirectories(target);
            } else if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                continue;
            } else if (entry.isLink()) {
                Files.createLink(target, directory.resolve(entry.getLinkName()).normalize());
                continue;
            } else {
                Files.copy(tar, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
            Files.setPosixFilePermissions(target, permissions(entry.getMode()));
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] bits = {
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
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < bits.length; i++) {
            if ((mode & 1 << i) != 0) {
                permissions.add(bits[i]);
            }
        }
        return permissions;
    }
}
