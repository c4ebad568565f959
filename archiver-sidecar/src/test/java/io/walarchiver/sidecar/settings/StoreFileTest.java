package io.walarchiver.sidecar.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class StoreFileTest {

    @TempDir
    private Path directory;

    private final Problems problems = new Problems();
    private Path file;

    @BeforeEach
    void writeTwoStores() throws IOException {
        file = StoreFiles.inDirectory(directory, directory.resolve("bucket"));
        String one = Files.readString(file);
        Files.writeString(file, one + "---\n" + one.replace("name: store", "name: offsite"));
    }

    private StoreFile read() {
        return StoreFile.read(file, problems).orElseThrow();
    }

    @Test
    void firstStoreIsTheArchiveUnlessAnotherIsChosen() {
        StoreFile stores = read();
        assertThat(stores.names()).containsExactly("store", "offsite");
        assertThat(stores.choose(Optional.empty(), problems)
                        .orElseThrow()
                        .resource()
                        .name())
                .isEqualTo("store");
        assertThat(stores.choose(Optional.of("offsite"), problems)
                        .orElseThrow()
                        .resource()
                        .name())
                .isEqualTo("offsite");
        assertThatCode(problems::throwIfAny).doesNotThrowAnyException();
    }

    @Test
    void choosingAStoreThatIsNotThereNamesThoseThatAre() {
        assertThat(read().choose(Optional.of("on\nsite"), problems)).isEmpty();
        assertThat(onlyProblem())
                .startsWith("--store-name: ")
                .contains("\"on?site\"")
                .contains("store, offsite");
    }

    @Test
    void storesAreFoundByName() {
        assertThat(read().find("offsite").orElseThrow().name()).isEqualTo("offsite");
        assertThat(read().find("elsewhere")).isEmpty();
    }

    @Test
    void fileThatIsMissingIsAProblemOfTheOption() {
        assertThat(StoreFile.read(directory.resolve("absent.yaml"), problems)).isEmpty();
        assertThat(onlyProblem()).startsWith("--store: ");
    }

    private String onlyProblem() {
        SettingsException found = catchThrowableOfType(SettingsException.class, problems::throwIfAny);
        assertThat(found.problems()).hasSize(1);
        return found.problems().get(0);
    }
}
