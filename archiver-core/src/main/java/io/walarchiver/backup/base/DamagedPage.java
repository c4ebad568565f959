package io.walarchiver.backup.base;

/**
 * A data page whose checksum is not that of its content.
 *
 * @param file  the file, as PostgreSQL names it in messages: relative to the data directory
 * @param block the number of the page in that file, the first one being 0
 */
public record DamagedPage(String file, long block) {

    @Override
    public String toString() {
        return file + " block " + block;
    }
}
