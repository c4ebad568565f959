package io.walarchiver.backup.catalog;

/** What one tar archive of a backup holds. It may have several volumes. */
public sealed interface Archive {

    /** The data directory. */
    record Data() implements Archive {
        @Override
        public String stem() {
            return "data";
        }

        @Override
        public String toString() {
            return stem();
        }
    }

    /**
     * One tablespace.
     *
     * @param oid names it; unsigned 32 bits
     */
    record Tablespace(long oid) implements Archive {
        @Override
        public String stem() {
            return Long.toString(oid);
        }

        @Override
        public String toString() {
            return stem();
        }
    }

    /** What the names of its objects start with: {@code data} or the oid. */
    String stem();
}
