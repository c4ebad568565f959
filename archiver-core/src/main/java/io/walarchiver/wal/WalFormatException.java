package io.walarchiver.wal;

/**
 * The content of a file PostgreSQL wrote is not what it should be. (A malformed <em>name</em> or number is an
 * {@link IllegalArgumentException} instead.)
 *
 * <p>Nothing here knows which file the bytes came from; whoever read it puts the name in front of the message.
 */
public abstract sealed class WalFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private WalFormatException(String message) {
        super(message);
    }

    /** The bytes cannot be understood: truncated, damaged, of foreign byte order, or another kind of file. */
    public static final class Malformed extends WalFormatException {
        private static final long serialVersionUID = 1L;

        public Malformed(String message) {
            super(message);
        }
    }

    /** The bytes are sound, but belong to another segment, another timeline or another cluster. */
    public static final class Mismatch extends WalFormatException {
        private static final long serialVersionUID = 1L;

        public Mismatch(String message) {
            super(message);
        }
    }

    /**
     * The checksum of {@code pg_control} is wrong. PostgreSQL rewrites the file in place, so a reader can see half of the
     * old and half of the new one: reading again usually helps. A mismatch that stays is damage.
     */
    public static final class ControlFileTorn extends WalFormatException {
        private static final long serialVersionUID = 1L;

        public ControlFileTorn(String message) {
            super(message);
        }
    }

    /**
     * {@code pg_control} has a layout this program does not know, as of a PostgreSQL newer than it. Identity and segment
     * size of the cluster can still be learnt from the first page of any segment: {@link WalPageHeader}.
     */
    public static final class ControlFileVersionUnknown extends WalFormatException {
        private static final long serialVersionUID = 1L;

        private final int version;

        public ControlFileVersionUnknown(String message, int version) {
            super(message);
            this.version = version;
        }

        /** The unknown {@code pg_control_version}. */
        public int version() {
            return version;
        }
    }
}
