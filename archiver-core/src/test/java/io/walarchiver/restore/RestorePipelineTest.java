package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.await;
import static io.walarchiver.restore.RestoreFixture.key;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

class RestorePipelineTest {

    private static final String SEGMENT = "0000000A0000000200000003";

    @TempDir
    Path directory;

    private RestoreFixture fixture;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        fixture.assertNothingLeft();
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void segmentOfBarmanIsRestoredByteForByteWithModeOfItsOwner(Compression compression) throws IOException {
        byte[] content = fixture.archiveSegment(SEGMENT, compression);

        RestoredFile restored = await(fixture.pipeline().restore(name(SEGMENT), fixture.destination()));

        assertThat(fixture.destination()).hasBinaryContent(content);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.destination())))
                .isEqualTo("rw-------");
        assertThat(restored.source()).isEqualTo(RestoredFile.Source.FETCHED);
        assertThat(restored.key()).contains(key(SEGMENT, compression));
        assertThat(restored.originalBytes()).isEqualTo(content.length);
        assertThat(restored.storedBytes()).isEqualTo(RestoreFixture.encode(content, compression).length);
        assertThat(fixture.events).containsExactly("restored " + SEGMENT);
    }

    @ParameterizedTest
    @EnumSource(DigestAlgorithm.class)
    void segmentOfOursIsRestoredWithItsDigestChecked(DigestAlgorithm algorithm) {
        byte[] content = segment(SEGMENT);
        fixture.archiveRecorded(SEGMENT, content, Compression.ZSTD, algorithm);

        fixture.pipeline().restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @ParameterizedTest
    @CsvSource({"0000000B.history", "0000000A0000000200000003.00000028.backup"})
    void textFilesAreRestored(String file) {
        byte[] content = "1\t0/3000000\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8);
        fixture.archive(file, content, Compression.GZIP);

        fixture.pipeline().restore(name(file), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void partialSegmentIsRestoredUnderItsOwnName() {
        byte[] content = segment(SEGMENT);
        fixture.archive(SEGMENT + ".partial", content, Compression.ZSTD);

        fixture.pipeline()
                .restore(name(SEGMENT + ".partial"), fixture.destination())
                .block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void fileAtTheDestinationIsReplaced() throws IOException {
        Files.writeString(fixture.destination(), "left from before");
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.ZSTD);

        fixture.pipeline().restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void failureLeavesTheFileAtTheDestinationAlone() throws IOException {
        Files.writeString(fixture.destination(), "left from before");

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.NotArchived.class);

        assertThat(fixture.destination()).hasContent("left from before");
    }

    /** The rows of the table "Which key is taken" of the archive layout, with what a safe reader does. */
    @ParameterizedTest
    @CsvSource({
        "'', .partial, ''",
        "'', .gz, .gz",
        ".gz, .partial, .gz",
        ".bz2, .partial.bz2, .bz2",
        ".lz4, .partial.lz4, .lz4",
        ".snappy, .partial.snappy, .snappy",
        ".xz, .partial.gz, .xz",
        ".zst, .partial.zst, .zst",
        "'', .00000028.backup.gz, ''",
        ".gz, .zst, .gz",
        ".partial, .partial.gz, .partial.gz",
    })
    void ofSeveralObjectsTheBestCompleteOneIsTaken(String one, String other, String expected) {
        byte[] content = segment(SEGMENT);
        for (String suffix : List.of(one, other)) {
            Compression compression = Compression.ofKey(suffix);
            String file = SEGMENT
                    + suffix.substring(0, suffix.length() - compression.suffix().length());
            fixture.archive(file, content, compression);
        }
        // Nothing is stored with the first guess, so that the listing decides.
        fixture.settings = fixture.settings.withFirstGuess(
                one.equals(".xz") ? Compression.LZ4 : one.equals(".zst") ? Compression.ZSTD : Compression.XZ);

        RestoredFile restored = await(fixture.pipeline().restore(name(SEGMENT), fixture.destination()));

        assertThat(restored.key().orElseThrow().name()).isEqualTo(SEGMENT + expected);
        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void partialSegmentStandsInForTheAbsentOne() {
        byte[] content = segment(SEGMENT);
        fixture.archive(SEGMENT + ".partial", content, Compression.LZ4);

        RestoredFile restored = await(fixture.pipeline().restore(name(SEGMENT), fixture.destination()));

        assertThat(restored.name()).isEqualTo(name(SEGMENT));
        assertThat(restored.key()).contains(key(SEGMENT + ".partial", Compression.LZ4));
        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void historyFileNeverStandsInForAnother() {
        fixture.archive("0000000B.history", new byte[] {1}, Compression.NONE);

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name("0000000C.history"), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.NotArchived.class);
    }

    @Test
    void hitCostsOneRequestOnceTheSuffixIsKnown() {
        for (int i = 3; i < 6; i++) {
            fixture.archiveSegment("0000000A000000020000000" + i, Compression.GZIP);
        }
        RestorePipeline pipeline = fixture.pipeline();
        pipeline.restore(name("0000000A0000000200000003"), fixture.destination())
                .block();
        long afterTheFirst = fixture.memory.requests();

        pipeline.restore(name("0000000A0000000200000004"), fixture.destination())
                .block();
        pipeline.restore(name("0000000A0000000200000005"), fixture.destination())
                .block();

        assertThat(afterTheFirst).isEqualTo(3);
        assertThat(fixture.memory.requests()).isEqualTo(afterTheFirst + 2);
        assertThat(fixture.memory.requests(StoreOperation.LIST)).isEqualTo(1);
    }

    @Test
    void missCostsTwoRequestsAndTheSameMissAgainOne() {
        RestorePipeline pipeline = fixture.pipeline();

        for (int expected : new int[] {2, 3, 4}) {
            assertThatThrownBy(() -> pipeline.restore(name(SEGMENT), fixture.destination())
                            .block())
                    .isInstanceOf(RestoreException.NotArchived.class)
                    .hasMessageContaining(SEGMENT)
                    .hasMessageContaining("memory");
            assertThat(fixture.memory.requests()).isEqualTo(expected);
        }
        assertThat(fixture.events)
                .containsExactly(
                        "notFound " + SEGMENT + " 1", "notFound " + SEGMENT + " 2", "notFound " + SEGMENT + " 3");
    }

    @Test
    void absentHistoryFileCostsOneRequest() {
        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name("0000000B.history"), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.NotArchived.class);

        assertThat(fixture.memory.requests()).isEqualTo(1);
    }

    @Test
    void missIsNotRemembered() {
        RestorePipeline pipeline = fixture.pipeline();
        assertThatThrownBy(() ->
                        pipeline.restore(name(SEGMENT), fixture.destination()).block())
                .isInstanceOf(RestoreException.NotArchived.class);
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.ZSTD);

        pipeline.restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void missHasNoStackTrace() {
        assertThat(new RestoreException.NotArchived("x").getStackTrace()).isEmpty();
    }

    @Test
    void objectThatIsListedButNotFoundIsNoProofOfAbsence() {
        fixture.archiveSegment(SEGMENT, Compression.GZIP);
        StoreException notFound = new StoreException.NotFound("scripted", StoreException.Detail.NONE);
        fixture.script(StoreOperation.GET, Fault.fail(notFound), Fault.fail(notFound));
        fixture.settings = fixture.settings.withRetryWindow(() -> Duration.ZERO);

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.StoreFailed.class)
                .hasMessageContaining("lists")
                .hasMessageContaining(SEGMENT + ".gz");
    }

    @Test
    void nothingHappensBeforeSubscription() {
        Mono<RestoredFile> unused = fixture.pipeline().restore(name(SEGMENT), fixture.destination());

        assertThat(unused).isNotNull();
        assertThat(fixture.store.calls(StoreOperation.GET)).isZero();
        assertThat(fixture.store.calls(StoreOperation.LIST)).isZero();
    }

    @Test
    void destinationThatHoldsPgdataTwiceIsRepaired() {
        Path data = directory.resolve("pgdata");
        fixture.settings = fixture.settings.withDataDirectory(data);
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.ZSTD);
        Path doubled = Path.of(data.toString() + data).resolve("pg_wal").resolve(SEGMENT);

        fixture.pipeline().restore(name(SEGMENT), doubled, RestoreMode.REWIND).block();

        assertThat(fixture.pgWal.resolve(SEGMENT)).hasBinaryContent(content);
        assertThat(doubled).doesNotExist();
    }
}
