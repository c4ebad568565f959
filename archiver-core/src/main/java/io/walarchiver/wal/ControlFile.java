package io.walarchiver.wal;

import io.walarchiver.wal.WalFormatException.ControlFileTorn;
import io.walarchiver.wal.WalFormatException.ControlFileVersionUnknown;
import io.walarchiver.wal.WalFormatException.Malformed;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/**
 * What {@code global/pg_control} says about a cluster: {@code ControlFileData} in PostgreSQL's
 * {@code catalog/pg_control.h}, as 64-bit little-endian servers of version 14 to 18 write it.
 *
 * @param systemIdentifier    identifies the cluster (unsigned)
 * @param controlVersion      {@code pg_control_version}, the layout of the file
 * @param catalogVersion      {@code catalog_version_no}, fixed within a major version
 * @param state               what the server was doing when it wrote the file
 * @param timeline            the timeline of the latest checkpoint. A standby that has just been promoted, or is following
 *                            a promotion, is ahead of it until its next checkpoint or restart point
 * @param segmentSize         the size of a WAL segment
 * @param blockSize           the size of a data page in bytes ({@code BLCKSZ})
 * @param walBlockSize        the size of a WAL page in bytes ({@code XLOG_BLCKSZ})
 * @param dataChecksumVersion 0 when data pages have no checksums
 */
public record ControlFile(
        long systemIdentifier,
        int controlVersion,
        int catalogVersion,
        State state,
        Timeline timeline,
        SegmentSize segmentSize,
        int blockSize,
        int walBlockSize,
        int dataChecksumVersion) {

    /** The length of the file; only the beginning carries data, and {@link #parse} is content with that. */
    public static final int FILE_LENGTH = 8192;

    /** What a server was doing: {@code DBState}, in the order of the numbers in the file. */
    public enum State {
        STARTING_UP("starting up"),
        SHUT_DOWN("shut down"),
        SHUT_DOWN_IN_RECOVERY("shut down in recovery"),
        SHUTTING_DOWN("shutting down"),
        IN_CRASH_RECOVERY("in crash recovery"),
        IN_ARCHIVE_RECOVERY("in archive recovery"),
        IN_PRODUCTION("in production");

        private final String text;

        State(String text) {
            this.text = text;
        }

        /** The words {@code pg_controldata} prints. */
        @Override
        public String toString() {
            return text;
        }
    }

    private static final int VERSION_14_TO_16 = 1300;
    private static final int VERSION_17 = 1700;
    private static final int VERSION_18 = 1800;

    // Version 18 put one flag in front of the 32 random bytes that precede the checksum; all else stands where it
    // stood.
    private static final int CRC_OFFSET = 288;
    private static final int CRC_OFFSET_18 = 292;

    /** A number whose bytes tell the floating-point format, and to us that the fields stand where we look. */
    private static final double FLOAT_FORMAT = 1234567.0;

    private static final int MAX_ALIGN = 8;

    /**
     * Reads the content of the file from the position of {@code content} on. The buffer is not changed.
     *
     * @throws ControlFileTorn           when the checksum is wrong: read the file again, a few times
     * @throws ControlFileVersionUnknown when a PostgreSQL unknown to this program wrote the file
     * @throws Malformed                 when the bytes are no control file of a 64-bit little-endian server
     */
    public static ControlFile parse(ByteBuffer content) {
        ByteBuffer bytes = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        requireLength(bytes, 12);
        int version = bytes.getInt(8);
        int crcOffset = crcOffset(version);
        requireLength(bytes, crcOffset + 4);
        requireChecksum(bytes, crcOffset);
        requireLayout(bytes);
        return new ControlFile(
                bytes.getLong(0),
                version,
                bytes.getInt(12),
                state(bytes.getInt(16)),
                timeline(bytes.getInt(48)),
                segmentSize(bytes.getInt(228)),
                blockSize("data page", bytes.getInt(216)),
                blockSize("WAL page", bytes.getInt(224)),
                bytes.getInt(252));
    }

    private static void requireLength(ByteBuffer bytes, int needed) {
        if (bytes.capacity() < needed) {
            throw new Malformed("pg_control is truncated: " + bytes.capacity() + " bytes, of which at least " + needed
                    + " are needed (the file has " + FILE_LENGTH + ")");
        }
    }

    private static int crcOffset(int version) {
        switch (version) {
            case VERSION_14_TO_16:
            case VERSION_17:
                return CRC_OFFSET;
            case VERSION_18:
                return CRC_OFFSET_18;
            default:
        }
        if (isPlausible(version)) {
            throw new ControlFileVersionUnknown(
                    "pg_control has version " + version + ", which this program does not know (it knows "
                            + VERSION_14_TO_16 + ", " + VERSION_17 + " and " + VERSION_18 + ", of PostgreSQL 14 to 18)",
                    version);
        }
        if (isPlausible(Integer.reverseBytes(version))) {
            throw new Malformed("pg_control has version " + Integer.toUnsignedString(version)
                    + ", which is " + Integer.reverseBytes(version)
                    + " with its bytes swapped: the cluster is of a big-endian machine, which is not supported");
        }
        throw new Malformed("pg_control has version " + Integer.toUnsignedString(version)
                + ", which cannot be: this is not a control file, or it is damaged");
    }

    private static boolean isPlausible(int version) {
        return version >= 100 && version < 100_000;
    }

    private static void requireChecksum(ByteBuffer bytes, int crcOffset) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(crcOffset));
        int stored = bytes.getInt(crcOffset);
        if ((int) crc.getValue() != stored) {
            throw new ControlFileTorn("pg_control carries checksum " + Hex.eight(stored) + ", but its content has "
                    + Hex.eight((int) crc.getValue())
                    + ": it was read while PostgreSQL was writing it, or it is damaged");
        }
    }

    private static void requireLayout(ByteBuffer bytes) {
        if (bytes.getInt(204) != MAX_ALIGN || bytes.getDouble(208) != FLOAT_FORMAT) {
            throw new Malformed(
                    "pg_control has a sound checksum, but not the layout of a 64-bit server of its version");
        }
    }

    private static State state(int number) {
        State[] states = State.values();
        if (number < 0 || number >= states.length) {
            throw new Malformed(
                    "pg_control says database state " + Integer.toUnsignedString(number) + ", which does not exist");
        }
        return states[number];
    }

    private static Timeline timeline(int id) {
        if (id == 0) {
            throw new Malformed("pg_control says timeline 0, which does not exist");
        }
        return new Timeline(id);
    }

    private static SegmentSize segmentSize(int bytes) {
        try {
            return new SegmentSize(bytes);
        } catch (IllegalArgumentException implausible) {
            throw new Malformed("pg_control says WAL segments of " + Integer.toUnsignedString(bytes)
                    + " bytes (expected a power of two from 1 MiB to 1 GiB)");
        }
    }

    private static int blockSize(String what, int bytes) {
        if (bytes < 1 << 10 || bytes > 64 << 10 || Integer.bitCount(bytes) != 1) {
            throw new Malformed("pg_control says a " + what + " of " + Integer.toUnsignedString(bytes)
                    + " bytes (expected a power of two from 1 to 64 KiB)");
        }
        return bytes;
    }

    /**
     * PostgreSQL's major version. Versions 14 to 16 share a control version and are told apart by the catalog version;
     * empty when that is none of theirs, as with a derivative of PostgreSQL.
     */
    public OptionalInt majorVersion() {
        return switch (controlVersion) {
            case VERSION_17 -> OptionalInt.of(17);
            case VERSION_18 -> OptionalInt.of(18);
            default ->
                switch (catalogVersion) {
                    case 202107181 -> OptionalInt.of(14);
                    case 202209061 -> OptionalInt.of(15);
                    case 202307071 -> OptionalInt.of(16);
                    default -> OptionalInt.empty();
                };
        };
    }

    /** True when data pages carry checksums. */
    public boolean hasDataChecksums() {
        return dataChecksumVersion != 0;
    }
}
