package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class VerifyCommandTest {

    @TempDir
    private Path directory;

    private HandMadeArchive archive;

    @BeforeEach
    void makeArchive() throws IOException {
        directory = directory.toRealPath();
        archive = HandMadeArchive.create(directory);
    }

    @Test
    void soundArchiveIsGood() {
        CommandRun run = verify();

        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .contains("Read: 2 archives of 1 backups, 3 WAL files")
                .contains("Timeline 1: 3 segments, last " + archive.cluster().name(3) + ", no gap")
                .contains("Backup 20310405T060708 recovers from 0/200138")
                .contains("Verdict: good");
    }

    @Test
    void damageIsFoundAndEndsWithOne() throws IOException {
        Path segment = archive.wal(archive.cluster().name(2));
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 0x55;
        Files.write(segment, bytes);

        CommandRun run = verify("-o", "json");

        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.path("verdict").asText()).isEqualTo("damaged");
        assertThat(report.at("/found/error").asInt()).isPositive();
        assertThat(report.at("/findings/0/subject").asText())
                .contains(archive.cluster().name(2).toString());
        assertThat(report.at("/findings/0/remedy").asText()).isNotEmpty();
    }

    @Test
    void gapIsToldPerTimeline() throws IOException {
        Files.delete(archive.wal(archive.cluster().name(2)));

        JsonNode report = new ObjectMapper().readTree(verify("-o", "json").out());

        assertThat(report.path("verdict").asText()).isEqualTo("damaged");
        assertThat(report.at("/timelines/0/timeline").asInt()).isEqualTo(1);
        assertThat(report.at("/timelines/0/gaps/0/first").asText())
                .isEqualTo(archive.cluster().name(2).toString());
        assertThat(report.at("/timelines/0/gaps/0/effect").asText()).isEqualTo("breaks_recovery");
    }

    @Test
    void oneBackupIsReadWithTheWalItNeeds() {
        CommandRun run = verify("--backup-id", "nightly", "--rate", "100MiB", "-J", "1");
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains("Read: 2 archives of 1 backups, 2 WAL files");
    }

    @Test
    void partsTogetherReadEverythingOnce() throws IOException {
        int read = 0;
        for (int part = 1; part <= 4; part++) {
            JsonNode report = new ObjectMapper()
                    .readTree(verify("--part", part + "/4", "-o", "json").out());
            read += report.at("/counts/archives").asInt()
                    + report.at("/counts/walFiles").asInt();
        }
        assertThat(read).isEqualTo(5);
    }

    @Test
    void sampleOfEverythingIsEverything() {
        assertThat(verify("--sample", "100").out()).contains("Read: 2 archives of 1 backups, 3 WAL files");
    }

    @Test
    void backupThatIsNotThereIsNotFound() {
        CommandRun run = verify("-b", "20310101T000000");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("20310101T000000");
    }

    @Test
    void storeThatIsNotThereIsNotGood() throws IOException {
        Files.move(archive.bucket(), directory.resolve("elsewhere"));
        CommandRun run = verify();
        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run.out()).contains("Verdict: incomplete");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--sample 0",
                "--sample 101",
                "--part 3/2",
                "--part 1",
                "--part 1/2/3",
                "--sample 5 --part 1/2",
                "--rate fast",
                "-J 0"
            })
    void badOptionsAreBadUsage(String options) {
        assertThat(verify((Object[]) options.split(" ")).exitCode()).isEqualTo(ExitCode.USAGE);
    }

    private CommandRun verify(Object... arguments) {
        List<Object> all = new ArrayList<>(
                List.of("verify", "--store", archive.store(), "--server", "db", "--log-level", "error"));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray());
    }
}
