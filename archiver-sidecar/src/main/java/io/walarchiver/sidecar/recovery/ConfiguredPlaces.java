package io.walarchiver.sidecar.recovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of the original that a restored {@code postgresql.conf} still names. Where the configuration is kept outside
 * the data directory, as on Debian, it says where the data is; a server started with such a copy would open the
 * original's data, whatever {@code pg_ctl -D} says.
 */
public final class ConfiguredPlaces {

    private static final String FILE = "postgresql.conf";

    private static final List<String> NAMES = List.of("data_directory", "hba_file", "ident_file", "external_pid_file");

    private static final Pattern SETTING = Pattern.compile("\\s*([A-Za-z_]\\w*)(?:\\s*=\\s*|\\s+)(\\S.*)");

    /** Quoted, with the quotes inside it doubled or escaped, or a bare word. */
    private static final Pattern VALUE = Pattern.compile("(?:'((?:[^'\\\\]++|''|\\\\.)*+)'|([^\\s'#]++)).*");

    private ConfiguredPlaces() {}

    /**
     * Settings by name that stand in the directory's {@code postgresql.conf} and name a place outside the directory; the
     * last line of each counts, as for the server. Included files are not looked at. Blocking.
     *
     * @throws IOException when the file is there and cannot be read
     */
    public static Map<String, String> outside(Path dataDirectory) throws IOException {
        Path file = dataDirectory.resolve(FILE);
        Map<String, String> found = new LinkedHashMap<>();
        if (!Files.exists(file)) {
            return found;
        }
        // Comments may be in any encoding.
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            Matcher setting = SETTING.matcher(line);
            if (setting.matches()) {
                String name = setting.group(1).toLowerCase(Locale.ROOT);
                Matcher value = VALUE.matcher(setting.group(2));
                if (NAMES.contains(name) && value.matches()) {
                    found.remove(name);
                    String place = text(value);
                    if (isOutside(place, dataDirectory)) {
                        found.put(name, place);
                    }
                }
            }
        }
        return found;
    }

    private static String text(Matcher value) {
        String quoted = value.group(1);
        String bytes =
                quoted == null ? value.group(2) : quoted.replace("''", "'").replace("\\'", "'");
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static boolean isOutside(String place, Path dataDirectory) {
        String inside = dataDirectory.toAbsolutePath().normalize().toString();
        return place.startsWith("/") && !place.equals(inside) && !place.startsWith(inside + "/");
    }
}
