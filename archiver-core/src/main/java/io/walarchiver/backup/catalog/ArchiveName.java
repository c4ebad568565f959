package io.walarchiver.backup.catalog;

import io.walarchiver.codec.Compression;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an object that holds an archive or a volume of one, directly below a backup's directory.
 *
 * @param archive     what it holds
 * @param stem        the name up to its first dot: one archive or volume, whatever its compression
 * @param volume      the number in the name, or 0
 * @param main        true without a number
 * @param compression empty when the rest of the name is none that is known
 */
record ArchiveName(Archive archive, String stem, int volume, boolean main, Optional<Compression> compression) {

    static final String TAR = ".tar";

    private static final Pattern FORM = Pattern.compile("((data|[1-9][0-9]{0,9})(?:_([0-9]{1,9}))?)(\\..*)");
    private static final long LARGEST_OID = 0xFFFF_FFFFL;

    /** Empty for a name of any other form. */
    static Optional<ArchiveName> of(String name) {
        Matcher form = FORM.matcher(name);
        if (!form.matches()) {
            return Optional.empty();
        }
        Archive archive = new Archive.Data();
        if (!form.group(2).equals("data")) {
            long oid = Long.parseLong(form.group(2));
            if (oid > LARGEST_OID) {
                return Optional.empty();
            }
            archive = new Archive.Tablespace(oid);
        }
        boolean main = form.group(3) == null;
        return Optional.of(new ArchiveName(
                archive, form.group(1), main ? 0 : Integer.parseInt(form.group(3)), main, compression(form.group(4))));
    }

    private static Optional<Compression> compression(String type) {
        return Arrays.stream(Compression.values())
                .filter(c -> type.equals(TAR + c.suffix()))
                .findFirst();
    }
}
