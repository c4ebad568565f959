package io.walarchiver.restore;

/** Who asks for the file. */
public enum RestoreMode {
    /**
     * Recovery: PostgreSQL asks for one segment after the other, and again for a segment it lost in a crash. Following
     * segments are fetched ahead.
     */
    RECOVERY,
    /** {@code pg_rewind}: it keeps the file and never asks again. Exactly this file is fetched, and flushed to disk. */
    REWIND
}
