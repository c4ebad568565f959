package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the chart starts is a command of this program, with these options. */
final class ChartArgumentsTest {

    private static final Path ROOT =
            Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
    private static final Pattern OPTION = Pattern.compile("(?m)^ +- (--[a-z-]+)=");

    @Test
    void commandAndOptionsOfTheManifestExistOrTheManualSaysThatTheyDoNot() throws IOException {
        Map<String, CommandLine> commands = WalArchiverCommand.create().getSubcommands();
        CommandLine operator = commands.get("operator");
        String manual = Files.readString(ROOT.resolve("docs/kubernetes.md"));

        boolean usable = operator != null && commands.containsKey("instance");
        assertThat(manual.contains("Not usable yet")).isNotEqualTo(usable);
        Matcher option = OPTION.matcher(Files.readString(ROOT.resolve("charts/manifest.yaml")));
        int found = 0;
        while (option.find()) {
            found++;
            if (operator != null) {
                assertThat(operator.getCommandSpec().findOption(option.group(1)))
                        .as(option.group(1))
                        .isNotNull();
            }
        }
        assertThat(found).isEqualTo(6);
    }
}
