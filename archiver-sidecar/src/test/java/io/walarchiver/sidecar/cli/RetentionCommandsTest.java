package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deleting, in an archive whose two backups begin in segment 2 of timeline 1 and in segment 5 of timeline 2. */
@Timeout(60)
class RetentionCommandsTest {

    @TempDir
    private Path directory;

    private BarmanArchive archive;

    @BeforeEach
    void makeArchive() throws IOException {
        archive = BarmanArchive.create(directory.toRealPath())
                .withWal(
                        "000000010000000000000001",
                        "000000010000000000000002",
                        "000000010000000000000003",
                        "000000020000000000000005",
                        "000000020000000000000006");
        Files.writeString(
                archive.bucket().resolve("db/wals/00000002.history"), "1\t0/4000000\tno recovery target specified\n");
    }

    @Test
    void dryRunSaysWhatWouldGoAndWhyAndDeletesNothing() throws IOException {
        List<String> before = objects();

        CommandRun run = archive.run("retention", "--dry-run", "--policy", "REDUNDANCY 1");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .containsPattern("delete  20261122T092142  .+")
                .containsPattern("keep    20261122T092211  .+")
                .containsPattern(
                        "delete  000000010000000000000001 to 00000001000000000000000[123], \\d objects, .+: .+")
                .contains("Nothing was deleted: this was a dry run.");
        assertThat(objects()).isEqualTo(before);
    }

    @Test
    void dryRunAsJsonHasTheSameForPrograms() throws IOException {
        JsonNode plan = new ObjectMapper()
                .readTree(archive.run("retention", "--dry-run", "-r", "REDUNDANCY 1", "-o", "json")
                        .out());

        assertThat(plan.path("policy").asText()).isEqualTo("REDUNDANCY 1");
        assertThat(plan.path("dryRun").asBoolean()).isTrue();
        assertThat(plan.at("/backups/0/id").asText()).isEqualTo(BarmanArchive.FIRST);
        assertThat(plan.at("/backups/0/delete").asBoolean()).isTrue();
        assertThat(plan.at("/backups/0/reason").asText()).isEqualTo("obsolete");
        assertThat(plan.at("/backups/1/delete").asBoolean(true)).isFalse();
        assertThat(plan.at("/wal/0/first").asText()).isEqualTo("000000010000000000000001");
        assertThat(plan.has("result")).isFalse();
    }

    @Test
    void retentionDeletesExactlyThat() throws IOException {
        CommandRun run = archive.run("retention", "--policy", "REDUNDANCY 1", "-o", "json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(run.out()).path("result");
        assertThat(result.at("/deletedBackups/0").asText()).isEqualTo(BarmanArchive.FIRST);
        assertThat(result.path("deletedWal").asInt()).isEqualTo(3);
        assertThat(objects())
                .containsExactly(
                        "db/base/20261122T092211/16384.tar",
                        "db/base/20261122T092211/backup.info",
                        "db/base/20261122T092211/data.tar",
                        "db/wals/00000002.history",
                        "db/wals/0000000200000000/000000020000000000000005",
                        "db/wals/0000000200000000/000000020000000000000006");
    }

    @Test
    void policyOfTheStoreIsUsedWhenNoneIsSaid() throws IOException {
        Path store = directory.resolve("store.yaml");
        Files.writeString(store, Files.readString(store).replace("spec:\n", "spec:\n  retentionPolicy: 2m\n"));

        JsonNode plan = new ObjectMapper()
                .readTree(archive.run("retention", "--dry-run", "-o", "json").out());
        assertThat(plan.path("policy").asText()).isEqualTo("RECOVERY WINDOW OF 62 DAYS");
    }

    @Test
    void withoutAnyPolicyNothingIsGuessed() {
        CommandRun run = archive.run("retention");
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("retentionPolicy");
    }

    @Test
    void lastBackupStaysWhateverThePolicySays() throws IOException {
        assertThat(archive.run("retention", "--policy", "REDUNDANCY 0").exitCode())
                .isZero();
        assertThat(objects()).contains("db/base/20261122T092211/data.tar");
    }

    @Test
    void pinnedBackupStays() throws IOException {
        archive.run("backup-keep", "--target", "standalone", BarmanArchive.FIRST);
        CommandRun run = archive.run("backup-delete", "-r", "REDUNDANCY 1");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).containsPattern("keep    20261122T092142  .*pinned");
        assertThat(objects()).contains("db/base/20261122T092142/data.tar");
    }

    @ParameterizedTest
    @ValueSource(strings = {"20261122T092142", "nightly-1", "oldest"})
    void oneBackupIsDeletedByIdOrName(String name) throws IOException {
        CommandRun run = archive.run("backup-delete", "-b", name, "--batch-size", "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("Deleted: 1 backups");
        assertThat(objects()).noneMatch(key -> key.startsWith("db/base/20261122T092142"));
    }

    @Test
    void failedBackupIsDeletedById() throws IOException {
        archive.with(BarmanArchive.FAILED, "3.17-failed-during-upload");
        assertThat(archive.run("backup-delete", "-b", "last-failed").exitCode()).isZero();
        assertThat(objects()).noneMatch(key -> key.startsWith("db/base/" + BarmanArchive.FAILED));
    }

    @Test
    void pinnedBackupIsNotDeletedById() throws IOException {
        archive.run("backup-keep", "--target", "full", BarmanArchive.FIRST);
        List<String> before = objects();
        CommandRun run = archive.run("backup-delete", "--backup-id", BarmanArchive.FIRST);
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("pinned");
        assertThat(objects()).isEqualTo(before);
    }

    @Test
    void minimumRedundancyIsHonouredById() throws IOException {
        List<String> before = objects();
        CommandRun run = archive.run("backup-delete", "-b", BarmanArchive.FIRST, "-m", "2");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(objects()).isEqualTo(before);
    }

    @Test
    void backupThatIsNotThereIsNotFound() {
        assertThat(archive.run("backup-delete", "-b", "20260101T000000").exitCode())
                .isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void damagedRecordStopsEverything() throws IOException {
        Files.writeString(archive.base(BarmanArchive.SECOND).resolve("backup.info"), "nonsense");
        List<String> before = objects();
        CommandRun run = archive.run("retention", "--policy", "REDUNDANCY 1");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("20261122T092211/backup.info");
        assertThat(objects()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "backup-delete",
                "backup-delete -b x -r 7d",
                "backup-delete -r 7y",
                "backup-delete -r 7d -m -1",
                "retention --policy x30d",
                "retention -m -1 --policy 7d"
            })
    void badOptionsAreBadUsage(String words) {
        String[] all = words.split(" ");
        Object[] arguments = Stream.of(all).skip(1).toArray();
        assertThat(archive.run(all[0], arguments).exitCode()).isEqualTo(ExitCode.USAGE);
    }

    private List<String> objects() throws IOException {
        try (Stream<Path> all = Files.walk(archive.bucket())) {
            return all.filter(Files::isRegularFile)
                    .map(file -> archive.bucket().relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
