package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the documents say to type is what the program takes. */
@Timeout(60)
class DocumentedCommandsTest {

    private static final Path ROOT = Path.of("..");

    /** A command line in a block or between back quotes, up to its end or the end of the quotes. */
    private static final Pattern TYPED = Pattern.compile("(?m)(?:^\\s*|[`/])wal-archiver ([a-z][a-z-]+)([^`\\n]*)");

    private static final Pattern OPTION = Pattern.compile("(?:^|[\\s\\[])(--?[A-Za-z][a-z-]*)");

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/standalone.md"})
    void everyCommandAndItsOptionsExist(String document) throws IOException {
        Map<String, CommandLine> commands = WalArchiverCommand.create().getSubcommands();
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        Matcher typed = TYPED.matcher(read(document));
        while (typed.find()) {
            seen++;
            CommandLine command = commands.get(typed.group(1));
            if (command == null) {
                wrong.add("no command " + typed.group(1));
                continue;
            }
            Matcher option = OPTION.matcher(typed.group(2));
            while (option.find()) {
                if (command.getCommandSpec().findOption(option.group(1)) == null) {
                    wrong.add(typed.group(1) + " has no option " + option.group(1));
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).isGreaterThan(5);
    }

    @Test
    void everyOptionThatTheManualNamesForDoctorExists() throws IOException {
        String manual = read("docs/kubernetes.md");
        CommandLine doctor = Objects.requireNonNull(
                WalArchiverCommand.create().getSubcommands().get("doctor"));
        int begin = manual.indexOf("## When it does not work");
        Matcher option =
                Pattern.compile("(--[a-z][a-z-]*)").matcher(manual.substring(begin, manual.indexOf("## Probes")));
        int seen = 0;
        while (option.find()) {
            seen++;
            assertThat(doctor.getCommandSpec().findOption(option.group(1)))
                    .as(option.group(1))
                    .isNotNull();
        }
        assertThat(seen).isGreaterThan(5);
    }

    @Test
    void everyCommandIsInTheTableOfTheReadme() throws IOException {
        String readme = read("README.md");
        // What stands beside an instance or does a recovery is started by CloudNativePG, not by people.
        assertThat(WalArchiverCommand.create().getSubcommands().keySet())
                .filteredOn(name -> !name.equals("restore-job") && !name.equals("instance"))
                .allSatisfy(name ->
                        assertThat(readme).containsPattern("(?m)^\\|.*`(wal-archiver )?" + name + "`.*\\|.*\\|$"));
    }

    private static String read(String document) throws IOException {
        return Files.readString(ROOT.resolve(document)).replace("\\\n", " ");
    }
}
