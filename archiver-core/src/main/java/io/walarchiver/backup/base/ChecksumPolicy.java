package io.walarchiver.backup.base;

/** What to do about data pages with a wrong checksum. */
public enum ChecksumPolicy {
    /** Pages are not looked at. */
    IGNORE,
    /** They are counted and reported; the backup is usable. An older one may not have the damage. */
    WARN,
    /** The whole cluster is read and every damaged page reported, and then the backup fails. */
    FAIL
}
