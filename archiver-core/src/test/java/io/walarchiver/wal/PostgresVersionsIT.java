package io.walarchiver.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.WalFormatException.Mismatch;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What this package reads, compared with what servers of every supported major version say of themselves. */
class PostgresVersionsIT {

    private static final Pattern COLUMN = Pattern.compile("(\\w+) = \"([^\"]*)\"");

    private static final String SELF_PORTRAIT =
            "select * from pg_control_system(), pg_control_checkpoint(), pg_control_init()";

    @TempDir
    Path directory;

    static Stream<Arguments> everyVersionAndSize() {
        return PostgresBinaries.MAJOR_VERSIONS.stream()
                .flatMap(major -> Stream.of(1, 16, 64).map(mebibytes -> Arguments.of(major, mebibytes)));
    }

    static Stream<Integer> everyVersion() {
        return PostgresBinaries.MAJOR_VERSIONS.stream();
    }

    @ParameterizedTest
    @MethodSource("everyVersionAndSize")
    void controlFileAndSegmentsSayWhatTheServerSays(int major, int mebibytes) {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        Path data = directory.resolve("data");
        List<String> options = new ArrayList<>(List.of("--wal-segsize=" + mebibytes));
        boolean checksums = mebibytes != 16;
        if (checksums) {
            options.add("--data-checksums");
        } else if (major >= 18) {
            options.add("--no-data-checksums");
        }
        String printed = postgres.initdb(data, options.toArray(String[]::new));
        assertThat(printed).contains(checksums ? "checksums are enabled" : "checksums are disabled");

        ControlFile control = controlFile(data);
        assertThat(control.majorVersion()).hasValue(major);
        assertThat(control.segmentSize()).isEqualTo(SegmentSize.ofMebibytes(mebibytes));
        assertThat(control.hasDataChecksums()).isEqualTo(checksums);
        assertThat(control.state()).isEqualTo(ControlFile.State.SHUT_DOWN);

        Map<String, String> self = columns(postgres.singleUser(data, SELF_PORTRAIT));
        assertThat(self)
                .containsEntry("system_identifier", Long.toUnsignedString(control.systemIdentifier()))
                .containsEntry("pg_control_version", "" + control.controlVersion())
                .containsEntry("catalog_version_no", "" + control.catalogVersion())
                .containsEntry(
                        "timeline_id",
                        Integer.toUnsignedString(control.timeline().id()))
                .containsEntry(
                        "bytes_per_wal_segment", "" + control.segmentSize().bytes())
                .containsEntry("database_block_size", "" + control.blockSize())
                .containsEntry("wal_block_size", "" + control.walBlockSize())
                .containsEntry("data_page_checksum_version", "" + control.dataChecksumVersion());
        WalSegmentName current = WalSegmentName.containing(
                control.timeline(), Lsn.parse(self.getOrDefault("checkpoint_lsn", "")), control.segmentSize());
        assertThat(current).hasToString(self.get("redo_wal_file"));

        assertThat(segments(data)).contains(current);
        WalPageHeader header = header(data.resolve("pg_wal"), current);
        assertThat(header.majorVersion()).hasValue(major);
        assertThat(header.timeline()).isEqualTo(control.timeline());
        assertThat(header.pageSize()).isEqualTo(control.walBlockSize());
        header.requireFirstPageOf(current, control.segmentSize());
        header.requireSystemIdentifier(control.systemIdentifier());
        assertThatThrownBy(() -> header.requireFirstPageOf(current.next(control.segmentSize()), control.segmentSize()))
                .isInstanceOf(Mismatch.class);
    }

    @ParameterizedTest
    @MethodSource("everyVersion")
    void aPromotionWritesWhatWeUnderstand(int major) throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        Path data = directory.resolve("data");
        Path archive = archive();
        postgres.initdb(data, "--wal-segsize=1");
        SegmentSize size = SegmentSize.ofMebibytes(1);
        archiving(postgres, data, "create table t as select i from generate_series(1, 50000) i", archive);
        try (PostgresServer server = postgres.start(data, archiveSettings(archive))) {
            assertThat(controlFile(server.dataDirectory()).state()).isEqualTo(ControlFile.State.IN_PRODUCTION);
        }
        recover(postgres, data, archiveSettings(archive), archive, 2);

        ControlFile control = controlFile(data);
        assertThat(control.timeline()).isEqualTo(new Timeline(2));
        TimelineHistory history = history(archive, 2);
        assertThat(history.ancestors()).containsExactly(new Timeline(1));
        Lsn switchPoint = history.switchPointOf(new Timeline(1)).orElseThrow();

        // The segment in which the timelines part: complete under the new one, partial under the old one, and its first
        // page, a copy, still of the old one.
        WalSegmentName first = WalSegmentName.containing(new Timeline(2), switchPoint, size);
        WalSegmentName left = WalSegmentName.containing(new Timeline(1), switchPoint, size);
        List<WalFileName> archived = archived(archive);
        assertThat(archived)
                .contains(
                        new WalFileName.TimelineHistoryFile(new Timeline(2)),
                        new WalFileName.PartialSegment(left),
                        new WalFileName.Segment(first))
                .doesNotContain(new WalFileName.Segment(left));
        WalPageHeader header = header(archive, first);
        assertThat(header.timeline())
                .isEqualTo(first.start(size).equals(switchPoint) ? new Timeline(2) : new Timeline(1));
        header.requireFirstPageOf(first, size);
        header.requireSystemIdentifier(control.systemIdentifier());

        for (WalFileName name : archived) {
            if (name instanceof WalFileName.Segment segment) {
                WalPageHeader each = header(archive, segment.segment());
                assertThat(each.majorVersion()).hasValue(major);
                each.requireFirstPageOf(segment.segment(), size);
                each.requireSystemIdentifier(control.systemIdentifier());
            }
        }
        assertThat(archived.stream().filter(WalFileName.Segment.class::isInstance))
                .hasSizeGreaterThan(3);
    }

    /** The one case in which switch points decrease, and why they must not be required to increase. */
    @Test
    void recoveryToBeforeABranchLeavesTheBranchBeforeItsBeginning() throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(18);
        Path archive = archive();
        Path data = directory.resolve("data");
        Path backup = directory.resolve("backup");
        postgres.initdb(data, "--wal-segsize=1");
        copy(data, backup);
        archiving(postgres, data, """
                create table t as select 1
                select pg_create_restore_point('early')
                create table u as select i from generate_series(1, 50000) i
                """, archive);
        postgres.start(data, archiveSettings(archive)).stop();
        recover(postgres, data, archiveSettings(archive), archive, 2);
        assertThat(history(archive, 2).ancestors()).containsExactly(new Timeline(1));

        Map<String, String> settings = archiveSettings(archive);
        settings.put("recovery_target_name", "early");
        settings.put("recovery_target_action", "promote");
        settings.put("recovery_target_timeline", "latest");
        recover(postgres, backup, settings, archive, 3);

        TimelineHistory history = history(archive, 3);
        Lsn leftOne = history.switchPointOf(new Timeline(1)).orElseThrow();
        Lsn leftTwo = history.switchPointOf(new Timeline(2)).orElseThrow();
        assertThat(leftTwo).isLessThan(leftOne);
        assertThat(history.ancestry().get(1).reason()).isEqualTo("at restore point \"early\"");
        assertThat(history.timelineContaining(new Lsn(leftTwo.value() - 1))).isEqualTo(new Timeline(1));
        assertThat(history.timelineContaining(leftTwo)).isEqualTo(new Timeline(3));
    }

    private Path archive() throws IOException {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        // The server may run as another user than the test.
        archive.toFile().setWritable(true, false);
        return archive;
    }

    /** Runs statements with archiving switched on; the segments are archived when a server starts. */
    private static void archiving(PostgresBinaries postgres, Path data, String sql, Path archive) throws IOException {
        StringBuilder settings = new StringBuilder();
        archiveSettings(archive)
                .forEach((name, value) -> settings.append(name)
                        .append(" = '")
                        .append(value.replace("'", "''"))
                        .append("'\n"));
        Files.writeString(data.resolve("postgresql.conf"), settings, StandardOpenOption.APPEND);
        postgres.singleUser(data, sql);
    }

    /** Recovers from the archive until the server has left for a new timeline, and shuts down. */
    private static void recover(
            PostgresBinaries postgres, Path data, Map<String, String> settings, Path archive, int newTimeline)
            throws IOException {
        Files.createFile(data.resolve("recovery.signal"));
        try (PostgresServer server = postgres.start(data, settings)) {
            // A server accepts connections before recovery ends; it archives the history file only after.
            await().alias("recovery to timeline " + newTimeline)
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Files.exists(archive.resolve(new Timeline(newTimeline) + WalFileName.HISTORY)));
        }
    }

    private static Map<String, String> archiveSettings(Path archive) {
        return new HashMap<>(Map.of(
                "archive_mode", "on",
                "archive_command", "cp %p " + archive + "/%f",
                "restore_command", "cp " + archive + "/%f %p"));
    }

    private static TimelineHistory history(Path archive, int timeline) throws IOException {
        Timeline id = new Timeline(timeline);
        return TimelineHistory.parse(id, Files.readAllBytes(archive.resolve(id + WalFileName.HISTORY)));
    }

    private static List<WalFileName> archived(Path archive) throws IOException {
        try (Stream<Path> files = Files.list(archive)) {
            return files.map(file -> WalFileName.parse(file.getFileName().toString()))
                    .sorted()
                    .toList();
        }
    }

    private static List<WalSegmentName> segments(Path data) {
        try (Stream<Path> files = Files.list(data.resolve("pg_wal"))) {
            return files.filter(Files::isRegularFile)
                    .map(file -> WalSegmentName.parse(file.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static WalPageHeader header(Path directory, WalSegmentName name) {
        try (InputStream file = Files.newInputStream(directory.resolve(name.toString()))) {
            return WalPageHeader.parse(ByteBuffer.wrap(file.readNBytes(WalPageHeader.LENGTH)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ControlFile controlFile(Path data) {
        try {
            byte[] content = Files.readAllBytes(data.resolve("global/pg_control"));
            assertThat(content).hasSize(ControlFile.FILE_LENGTH);
            return ControlFile.parse(ByteBuffer.wrap(content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> columns(String row) {
        Map<String, String> columns = new HashMap<>();
        Matcher column = COLUMN.matcher(row);
        while (column.find()) {
            columns.put(column.group(1), column.group(2));
        }
        return columns;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path source : (Iterable<Path>) all::iterator) {
                Path target = to.resolve(from.relativize(source).toString());
                Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
