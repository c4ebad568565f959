package io.walarchiver.backup.catalog;

/**
 * A tablespace outside the data directory.
 *
 * @param name     as in SQL
 * @param oid      names its archive, {@code <oid>.tar}, and its link below {@code pg_tblspc}; unsigned 32 bits
 * @param location the absolute path it had on the server
 */
public record TablespaceLocation(String name, long oid, String location) {

    private static final long LARGEST_OID = 0xFFFF_FFFFL;

    public TablespaceLocation {
        if (oid < 1 || oid > LARGEST_OID) {
            throw new IllegalArgumentException("not the oid of a tablespace: " + oid);
        }
        if (name.isEmpty() || location.isEmpty()) {
            throw new IllegalArgumentException("a tablespace has a name and a location: oid " + oid);
        }
    }
}
