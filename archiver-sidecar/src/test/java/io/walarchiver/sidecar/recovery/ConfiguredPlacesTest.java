package io.walarchiver.sidecar.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ConfiguredPlacesTest {

    @TempDir
    private Path pgdata;

    private Map<String, String> outside(String... lines) throws IOException {
        Files.writeString(pgdata.resolve("postgresql.conf"), String.join("\n", lines), StandardCharsets.ISO_8859_1);
        return ConfiguredPlaces.outside(pgdata);
    }

    @Test
    void placesOfTheOriginalAreFoundHoweverTheyAreWritten() throws IOException {
        assertThat(outside(
                        "data_directory = '/var/lib/postgresql/17/main'\t# use data in another directory",
                        "HBA_FILE '/etc/postgresql/it''s/pg_hba.conf'",
                        "  ident_file=/etc/postgresql/17/main/pg_ident.conf",
                        "external_pid_file = '/run/postgresql/17-main.pid'",
                        "port = 5432"))
                .containsExactly(
                        Map.entry("data_directory", "/var/lib/postgresql/17/main"),
                        Map.entry("hba_file", "/etc/postgresql/it's/pg_hba.conf"),
                        Map.entry("ident_file", "/etc/postgresql/17/main/pg_ident.conf"),
                        Map.entry("external_pid_file", "/run/postgresql/17-main.pid"));
    }

    @Test
    void commentsAndPlacesWithinTheDirectoryAreFine() throws IOException {
        assertThat(outside(
                        "#data_directory = 'ConfigDir'\t\t# Schl\u00fcssel",
                        "# hba_file = '/etc/pg_hba.conf'",
                        "hba_file = '" + pgdata + "/pg_hba.conf'",
                        "ident_file = 'pg_ident.conf'",
                        "data_directory_mode = '/x'"))
                .isEmpty();
    }

    @Test
    void lastLineCounts() throws IOException {
        assertThat(outside("data_directory = '/old'", "data_directory = '" + pgdata + "'"))
                .isEmpty();
        assertThat(outside("hba_file = 'pg_hba.conf'", "hba_file = '/etc/a'", "hba_file = '/etc/b'"))
                .containsExactly(Map.entry("hba_file", "/etc/b"));
    }

    @Test
    void directoryWithoutTheFileNamesNothing() throws IOException {
        assertThat(ConfiguredPlaces.outside(pgdata)).isEmpty();
    }
}
