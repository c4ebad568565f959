package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that look at the catalog, on records real barman wrote and against the output it gave for them. */
@Timeout(60)
class CatalogCommandsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    private BarmanArchive archive;

    @BeforeEach
    void makeArchive() throws IOException {
        archive = BarmanArchive.create(directory.toRealPath());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-o", "--format"})
    void listAsJsonIsWhatBarmanPrints(String option) throws IOException {
        CommandRun run = archive.run("backup-list", option, "json");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(JSON.readTree(run.out()))
                .isEqualTo(JSON.readTree(BarmanArchive.sample("json/backup-list-3.17.json")));
    }

    @Test
    void listAsATableIsWhatBarmanPrints() {
        assertThat(archive.run("backup-keep", "--target", "standalone", BarmanArchive.FIRST)
                        .exitCode())
                .isZero();

        CommandRun run = archive.run("backup-list", "--format", "console");

        assertThat(run.out().lines().map(String::stripTrailing))
                .containsExactly(
                        "Backup ID           End Time                 Begin Wal                     Archival Status"
                                + "  Name",
                        "20261122T092142     2026-11-22 09:21:43      000000010000000000000002      KEEP:STANDALONE"
                                + "  nightly-1",
                        "20261122T092211     2026-11-22 09:22:18      000000020000000000000005                     "
                                + "  nightly-2");
    }

    @Test
    void failedUnreadableAndIncompleteBackupsAreListedWithTheReason() throws IOException {
        archive.with(BarmanArchive.FAILED, "3.17-failed-during-upload");
        archive.with("20261122T100000", "3.17-volumes");
        Files.writeString(archive.base("20261122T100000").resolve("backup.info"), "nonsense");
        Files.delete(archive.base(BarmanArchive.SECOND).resolve("data.tar"));

        CommandRun run = archive.run("backup-list");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .containsPattern("20261122T092318 +FAILED")
                .contains("20261122T092318: failure uploading data (An error occurred (AccessDenied)")
                .containsPattern("20261122T100000 +UNREADABLE")
                .contains("20261122T100000: db/base/20261122T100000/backup.info")
                .contains("20261122T092211: cannot be restored, these archives are missing: [data]");
        JsonNode damaged =
                JSON.readTree(archive.run("backup-list", "-o", "json").out()).at("/backups_list/3");
        assertThat(damaged.path("backup_id").asText()).isEqualTo("20261122T100000");
        assertThat(damaged.path("status").asText()).isEqualTo("UNREADABLE");
        assertThat(damaged.path("end_time").isNull()).isTrue();
    }

    @Test
    void emptyArchiveIsAnEmptyList() throws IOException {
        CommandRun run = CommandRun.of(
                "backup-list", "--store", directory.resolve("store.yaml"), "--server", "nobody", "--format", "json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().strip()).isEqualTo("{\"backups_list\":[]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"20261122T092223", "nightly-3", "latest"})
    void showAsJsonIsWhatBarmanPrints(String name) throws IOException {
        archive.with("20261122T092223", "3.17-volumes");
        Path record = archive.base("20261122T092223").resolve("backup.info");
        Files.writeString(record, Files.readString(record).replace("nightly-2", "nightly-3"));

        CommandRun run = archive.run("backup-show", name, "--format", "json");

        assertThat(run.exitCode()).isZero();
        assertThat(JSON.readTree(run.out().replace("nightly-3", "nightly-2")))
                .isEqualTo(JSON.readTree(BarmanArchive.sample("json/backup-show-3.17.json")));
    }

    @Test
    void showForPeopleTellsWhatThereIs() {
        CommandRun run = archive.run("backup-show", "nightly-1");
        assertThat(run.out())
                .startsWith("Backup 20261122T092142:")
                .containsPattern("begin_wal +: 000000010000000000000002")
                .containsPattern("end_time_iso +: 2026-11-22T09:21:43.615331\\+00:00")
                .doesNotContain("null");
    }

    @ParameterizedTest
    @CsvSource({"backup-show, 20260101T000000", "backup-show, nobody", "backup-show, last-failed"})
    void backupThatIsNotThereIsNotFound(String command, String backup) {
        CommandRun run = archive.run(command, backup);
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("there is no backup " + backup);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void nameOfTwoBackupsIsRefusedNamingBoth() throws IOException {
        archive.with("20261122T092223", "3.17-volumes");
        CommandRun run = archive.run("backup-show", "nightly-2");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("20261122T092211", "20261122T092223");
    }

    @Test
    void backupIsPinnedAndLetGo() {
        assertThat(archive.run("backup-keep", "-s", "nightly-1").out()).isEqualTo("Keep: nokeep\n");
        assertThat(archive.run("backup-keep", "--target", "full", "nightly-1").exitCode())
                .isZero();
        assertThat(archive.base(BarmanArchive.FIRST).resolve("annotations/keep"))
                .hasContent("full");
        assertThat(archive.run("backup-keep", "--status", BarmanArchive.FIRST).out())
                .isEqualTo("Keep: full\n");
        assertThat(archive.run("backup-keep", "--release", BarmanArchive.FIRST).exitCode())
                .isZero();
        assertThat(archive.run("backup-keep", "-s", BarmanArchive.FIRST).out()).isEqualTo("Keep: nokeep\n");
    }

    @Test
    void failedBackupIsNotPinned() throws IOException {
        archive.with(BarmanArchive.FAILED, "3.17-failed-during-upload");
        CommandRun run = archive.run("backup-keep", "--target", "full", BarmanArchive.FAILED);
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("FAILED");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--target full -r", "--target some", "", "-s -r"})
    void keepTakesExactlyOneAction(String options) {
        Object[] arguments = (options + " nightly-1").strip().split(" ");
        assertThat(archive.run("backup-keep", arguments).exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void storeThatIsNotThereIsNotAnEmptyList() throws IOException {
        Files.move(archive.bucket(), directory.resolve("elsewhere"));
        CommandRun run = archive.run("backup-list");
        assertThat(run.exitCode()).isNotZero();
        assertThat(run.err()).contains("bucket");
    }
}
