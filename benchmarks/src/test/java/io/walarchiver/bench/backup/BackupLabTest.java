package io.walarchiver.bench.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.bench.process.CommandCost;
import io.walarchiver.bench.s3.SinkStatistics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupLabTest {

    private static final SinkStatistics TRAFFIC = new SinkStatistics(Map.of("put", 2L), 3 << 20, 0);

    @TempDir
    Path directory;

    private record Named(String name, String compression) implements BackupTool {
        @Override
        public Repository open(Path home, String run) {
            throw new UnsupportedOperationException();
        }
    }

    private static BackupRound round(long wallSeconds, long cpuSeconds) {
        CommandCost cost =
                new CommandCost(Duration.ofSeconds(wallSeconds), Duration.ofSeconds(cpuSeconds), 50 << 20, "");
        return new BackupRound(1 << 30, cost, TRAFFIC, cost, TRAFFIC);
    }

    @Test
    void budgetsCompareMediansWithTheBestOfTheirs() {
        BackupResults results = new BackupResults();
        for (long noise : new long[] {0, 100, 0}) {
            results.add(new Named("wal-archiver", "gzip"), round(10 + noise, 4 + noise));
        }
        results.add(new Named("barman-cloud 3.4.0", "gzip"), round(30, 10));
        results.add(new Named("barman-cloud 3.19.1", "gzip"), round(25, 16));
        results.add(new Named("pgBackRest 2.45", "gzip"), round(8, 8));

        List<BackupBudget> budgets = BackupBudget.of(results, List.of("gzip"));

        assertThat(budgets)
                .extracting(BackupBudget::what)
                .containsExactly(
                        "backup CPU / barman-cloud, gzip",
                        "restore speed / barman-cloud, gzip",
                        "backup speed / pgBackRest, gzip",
                        "restore speed / pgBackRest, gzip");
        assertThat(budgets)
                .extracting(budget -> budget.measured().orElseThrow())
                .containsExactly(0.4, 2.5, 0.8, 0.8);
        assertThat(budgets).extracting(BackupBudget::isKept).containsExactly(true, true, false, false);
    }

    @Test
    void whoDidNotTakePartIsNotMeasured() throws IOException {
        BackupResults results = new BackupResults();
        results.add(new Named("wal-archiver", "zstd"), round(10, 4));
        BackupReport report = new BackupReport(
                results, BackupBudget.of(results, List.of("gzip", "zstd")), Map.of("skipped", "everybody"));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();

        report.print(new PrintStream(printed, true, StandardCharsets.UTF_8));
        report.write(directory.resolve("report.json"));

        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("skipped: everybody", "wal-archiver", "not measured")
                .doesNotContain("kept", "MISSED");
        assertThat(directory.resolve("report.json")).content().contains("backup_cpu_s_per_gib", "at_most");
    }

    @Test
    void sizesHaveUnits() {
        assertThat(BackupLabProgram.bytes("600m")).isEqualTo(600L << 20);
        assertThat(BackupLabProgram.bytes("10G")).isEqualTo(10L << 30);
        assertThat(BackupLabProgram.bytes("12345")).isEqualTo(12345);
    }

    @Test
    void aFileThatCameBackWrongIsNamed() throws IOException {
        Path original = directory.resolve("original");
        Path restored = directory.resolve("restored");
        for (Path data : List.of(original, restored)) {
            Files.createDirectories(data.resolve("base/5"));
            Files.createDirectories(data.resolve("global"));
            for (String name : List.of("PG_VERSION", "backup_label", "global/pg_control", "base/5/1259")) {
                Files.writeString(data.resolve(name), "same");
            }
        }
        Files.writeString(original.resolve("base/5/pg_internal.init"), "a cache");
        RestoredFiles.verify("tool", original, restored);

        Files.writeString(restored.resolve("base/5/1259"), "sane");

        assertThatThrownBy(() -> RestoredFiles.verify("tool", original, restored))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("base/5/1259")
                .hasMessageContaining("byte 2");
    }

    @Test
    void aServerThatCouldNotStartIsNoRestore() {
        assertThatThrownBy(() -> RestoredFiles.verify("tool", directory, directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("PG_VERSION");
    }
}
