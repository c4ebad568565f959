package io.walarchiver.sidecar.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The table of this package names what there is. */
@Timeout(60)
class TrapsTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern ROW = Pattern.compile("(?m)^ \\* +([0-9]{1,2})  ");
    private static final Pattern TEST = Pattern.compile("([A-Z][A-Za-z]*(?:Test|IT))(?:\\.([a-z][A-Za-z]*))?");
    private static final Pattern CODE = Pattern.compile("\\bin ([A-Z][A-Za-z]+)\\b(?!\\.)");

    @Test
    void everyTrapIsThereOnceAndWhatHandlesItExists() throws IOException {
        String table = Files.readString(Path.of("src/test/java/io/walarchiver/sidecar/contract/package-info.java"));
        table = table.substring(table.indexOf("<pre>"), table.indexOf("</pre>"));
        Map<String, String> sources = sources();
        List<Integer> numbers = new ArrayList<>();
        List<String> wrong = new ArrayList<>();

        Matcher row = ROW.matcher(table);
        while (row.find()) {
            numbers.add(Integer.valueOf(row.group(1)));
        }
        Matcher test = TEST.matcher(table);
        while (test.find()) {
            String source = sources.get(test.group(1));
            if (source == null || (test.group(2) != null && !source.contains("void " + test.group(2) + "("))) {
                wrong.add(test.group());
            }
        }
        Matcher code = CODE.matcher(table);
        while (code.find()) {
            if (!code.group(1).equals("Pre") && !code.group(1).equals("Job") && !sources.containsKey(code.group(1))) {
                wrong.add(code.group());
            }
        }

        assertThat(numbers).isEqualTo(IntStream.rangeClosed(1, 50).boxed().toList());
        assertThat(wrong).isEmpty();
    }

    /** All Java files by their names. */
    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (String module : List.of("archiver-core", "operator-bridge", "archiver-sidecar")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> sources.merge(
                                String.valueOf(file.getFileName()).replace(".java", ""), text(file), String::concat));
            }
        }
        return sources;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
