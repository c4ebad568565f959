package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.tar.TarFormatException;
import io.walarchiver.backup.tar.TarHeader;
import io.walarchiver.backup.tar.TarReader;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.CorruptObjectException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the volumes of one archive to their ends, one after the other, and keeps the few small files that tell what the
 * backup is. Blocks; for one archive.
 */
final class ArchiveContent {

    static final String VERSION = "PG_VERSION";
    static final String LABEL = "backup_label";
    static final String CONTROL = "global/pg_control";
    static final String MAP = "tablespace_map";

    private static final Set<String> KEPT = Set.of(VERSION, LABEL, CONTROL, MAP);
    private static final int KEPT_BYTES = 64 << 10;
    private static final int CHUNK_BYTES = 128 << 10;

    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final Map<String, byte[]> kept = new HashMap<>();
    private String versionDirectory = "";

    /**
     * What came of a volume.
     *
     * @param bytes   length of the tar, as far as it was read
     * @param members how many members were read
     * @param problem what is wrong, if anything is
     */
    record Result(long bytes, long members, Optional<String> problem) {}

    /** Reads one volume. Throws what the stream throws, unless it is about the bytes. */
    Result read(BackupFile file, InputStream object) throws IOException {
        long members = 0;
        TarReader tar = new TarReader(InputStream.nullInputStream());
        try (InputStream content = Codec.of(file.compression()).decodingStream(object)) {
            tar = new TarReader(content);
            for (Optional<TarHeader> next = tar.next(); next.isPresent(); next = tar.next()) {
                member(next.get(), tar);
                members++;
            }
        } catch (TarFormatException damage) {
            return new Result(
                    tar.position(),
                    members,
                    Optional.of(
                            "it is no sound tar archive: " + damage.getMessage() + " (byte " + damage.offset() + ")"));
        } catch (CorruptObjectException damage) {
            return new Result(
                    tar.position(),
                    members,
                    Optional.of(damage.getMessage() + " (byte " + tar.position() + " of its content)"));
        }
        // What has no end of its own may have been cut off between two members.
        boolean open = file.compression() == Compression.NONE || file.compression() == Compression.SNAPPY;
        return new Result(
                tar.position(),
                members,
                open && !tar.hasEndMark() ? Optional.of("it has no end mark: it was cut off") : Optional.empty());
    }

    private void member(TarHeader header, TarReader tar) throws IOException {
        String name = header.name().startsWith("./") ? header.name().substring(2) : header.name();
        if (name.startsWith("PG_") && header.type() == TarHeader.Type.DIRECTORY) {
            versionDirectory = name;
        }
        boolean keep = header.type() == TarHeader.Type.FILE && KEPT.contains(name);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int count = tar.read(chunk, 0, chunk.length); count >= 0; count = tar.read(chunk, 0, chunk.length)) {
            if (keep && content.size() < KEPT_BYTES) {
                content.write(chunk, 0, Math.min(count, KEPT_BYTES - content.size()));
            }
        }
        if (keep) {
            // Of two members of a name the later one counts, as when they are unpacked.
            kept.put(name, content.toByteArray());
        }
    }

    /** The content of one of the files that are kept; empty when it was not met. */
    Optional<byte[]> file(String name) {
        return Optional.ofNullable(kept.get(name));
    }

    Optional<String> text(String name) {
        return file(name).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    /** The directory that every tablespace of a version begins with; empty text when there is none. */
    String versionDirectory() {
        return versionDirectory;
    }
}
