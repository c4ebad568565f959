package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.SIZE;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.recorded;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.WalLikeData;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreVerificationTest {

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
        assertThat(fixture.destination()).doesNotExist();
        fixture.assertNothingLeft();
    }

    private RestoreException.Corrupt corrupt(String file) {
        Throwable failure = catchThrowable(() ->
                fixture.pipeline().restore(name(file), fixture.destination()).block());
        assertThat(failure).isInstanceOf(RestoreException.Corrupt.class).hasMessageContaining("/" + file);
        assertThat(fixture.events).containsExactly("fetchingAgain " + file, "failed " + file + " corrupt");
        return (RestoreException.Corrupt) failure;
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void objectCutShortIsRefused(Compression compression) {
        byte[] object = RestoreFixture.encode(segment(SEGMENT), compression);
        fixture.place(SEGMENT, compression, Arrays.copyOf(object, object.length / 2), Map.of());

        assertThat(corrupt(SEGMENT)).hasMessageContaining("replace it");
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void objectOfAnotherFormatIsRefused(Compression compression) {
        fixture.place(SEGMENT, compression, segment(SEGMENT), Map.of());

        assertThat(corrupt(SEGMENT)).isNotNull();
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void emptyObjectIsRefused(Compression compression) {
        fixture.place(SEGMENT, compression, new byte[0], Map.of());

        assertThat(corrupt(SEGMENT)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 39, 40, 8192, (1 << 20) - 1, (1 << 20) + 1, 2 << 20, 1_299_709})
    void segmentOfWrongLengthIsRefused(int length) {
        fixture.archive(SEGMENT, Arrays.copyOf(segment(SEGMENT), length), Compression.GZIP);

        assertThat(corrupt(SEGMENT)).isNotNull();
    }

    @Test
    void partialSegmentOfWrongLengthIsRefused() {
        fixture.archive(SEGMENT + ".partial", Arrays.copyOf(segment(SEGMENT), 1000), Compression.ZSTD);

        assertThat(corrupt(SEGMENT + ".partial")).hasMessageContaining("1000 bytes instead of " + SIZE.bytes());
    }

    @Test
    void decompressionBombStopsAtTheSegmentSize() {
        fixture.archive(SEGMENT, new byte[64 << 20], Compression.ZSTD);

        assertThat(corrupt(SEGMENT)).isNotNull();
    }

    @ParameterizedTest
    @EnumSource(DigestAlgorithm.class)
    void contentThatDiffersFromItsRecordedDigestIsRefused(DigestAlgorithm algorithm) {
        byte[] content = segment(SEGMENT);
        Map<String, String> metadata = recorded(content, algorithm);
        content[content.length - 1] ^= 1;
        fixture.place(SEGMENT, Compression.NONE, content, metadata);

        assertThat(corrupt(SEGMENT)).hasMessageContaining(algorithm.label());
    }

    @Test
    void historyFileThatDiffersFromItsRecordedDigestIsRefused() {
        Map<String, String> metadata = recorded(new byte[] {1, 2}, DigestAlgorithm.SHA256);
        fixture.place("0000000B.history", Compression.NONE, new byte[] {1, 3}, metadata);

        assertThat(corrupt("0000000B.history")).hasMessageContaining("sha256");
    }

    @ParameterizedTest
    @CsvSource({"1, '2 bytes instead of 1'", "3, '2 bytes instead of 3'"})
    void historyFileThatDiffersFromItsRecordedLengthIsRefused(int recordedLength, String message) {
        Map<String, String> metadata = Map.of(
                "wal-archiver-length",
                Integer.toString(recordedLength),
                "wal-archiver-digest",
                "crc64nvme:0000000000000000");
        fixture.place("0000000B.history", Compression.NONE, new byte[] {1, 3}, metadata);

        assertThat(corrupt("0000000B.history")).hasMessageContaining(message);
    }

    @Test
    void emptyHistoryFileIsRefused() {
        fixture.archive("0000000B.history", new byte[0], Compression.NONE);

        assertThat(corrupt("0000000B.history")).hasMessageContaining("empty");
    }

    @Test
    void unreadableMetadataIsRefused() {
        Map<String, String> metadata = Map.of("wal-archiver-length", "many", "wal-archiver-digest", "crc64nvme:xyz");
        fixture.place(SEGMENT, Compression.NONE, segment(SEGMENT), metadata);

        assertThat(corrupt(SEGMENT)).hasMessageContaining("metadata");
    }

    @Test
    void recordedLengthThatIsNotTheSegmentSizeIsRefusedBeforeTheDownload() {
        byte[] content = segment(SEGMENT, SegmentSize.ofMebibytes(2));
        fixture.archiveRecorded(SEGMENT, content, Compression.ZSTD, DigestAlgorithm.CRC64NVME);

        assertThat(corrupt(SEGMENT)).hasMessageContaining("2097152 bytes instead of 1048576");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0000000A0000000200000004", "0000000A0000000300000003", "0000000B0000000200000003"})
    void contentOfAnotherSegmentIsRefused(String other) {
        fixture.archive(SEGMENT, segment(other), Compression.ZSTD);

        assertThat(corrupt(SEGMENT)).hasMessageContaining("the WAL page header of " + SEGMENT);
    }

    @Test
    void segmentOfZeroesIsRefused() {
        fixture.archive(SEGMENT, new byte[SIZE.bytes()], Compression.ZSTD);

        assertThat(corrupt(SEGMENT)).hasMessageContaining("zeroes");
    }

    @Test
    void segmentOfAnotherClusterIsRefused() {
        byte[] foreign = WalLikeData.segment(1, WalSegmentName.parse(SEGMENT), SIZE, 42);
        fixture.archive(SEGMENT, foreign, Compression.ZSTD);

        assertThat(corrupt(SEGMENT))
                .hasMessageContaining("system identifier 42")
                .hasMessageContaining("server name");
    }

    @Test
    void segmentRecordedByAnotherClusterIsRefused() {
        fixture.archiveRecorded(SEGMENT, segment(SEGMENT), Compression.ZSTD, DigestAlgorithm.CRC64NVME);
        fixture.settings = fixture.settings.withCluster(() -> Optional.of(SIZE), () -> OptionalLong.of(-1));

        assertThat(corrupt(SEGMENT)).hasMessageContaining("18446744073709551615");
    }

    @Test
    void unknownSegmentSizeStillRefusesWhatTheHeaderContradicts() {
        fixture.settings = fixture.settings.withCluster(Optional::empty, OptionalLong::empty);
        fixture.archive(SEGMENT, Arrays.copyOf(segment(SEGMENT), SIZE.bytes() / 2), Compression.ZSTD);

        assertThat(corrupt(SEGMENT)).hasMessageContaining("524288 bytes instead of 1048576");
    }

    @Test
    void damagedCompleteSegmentIsNotReplacedByThePartialOne() {
        fixture.place(SEGMENT, Compression.ZSTD, new byte[] {1, 2, 3}, Map.of());
        fixture.archive(SEGMENT + ".partial", segment(SEGMENT), Compression.ZSTD);

        assertThat(corrupt(SEGMENT)).isNotNull();
    }

    @Test
    void refusalToListDoesNotHideTheDamage() {
        fixture.place(SEGMENT, Compression.ZSTD, new byte[] {1, 2, 3}, Map.of());
        fixture.script(
                StoreOperation.LIST,
                Fault.fail(new StoreException.AccessDenied("scripted", StoreException.Detail.NONE, null)));

        assertThat(corrupt(SEGMENT)).isNotNull();
    }
}
