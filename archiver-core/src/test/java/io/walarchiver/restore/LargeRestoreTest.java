package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.SYSTEM_IDENTIFIER;
import static io.walarchiver.restore.RestoreFixture.await;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.test.StepVerifier;

/** Segments that do not fit the buffers of the pool, and segments whose size is not known yet. */
class LargeRestoreTest {

    private static final String SEGMENT = "0000000A0000000200000003";

    @TempDir
    Path directory;

    private RestoreFixture fixture;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
        fixture.pool = new BufferPool(64 << 10, 2);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        fixture.assertNothingLeft();
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void segmentLargerThanTheBuffersIsRestored(Compression compression) throws IOException {
        byte[] content = segment(SEGMENT);
        fixture.archiveRecorded(SEGMENT, content, compression, DigestAlgorithm.CRC64NVME);

        fixture.pipeline()
                .restore(name(SEGMENT), fixture.destination(), RestoreMode.REWIND)
                .block();

        assertThat(fixture.destination()).hasBinaryContent(content);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.destination())))
                .isEqualTo("rw-------");
    }

    @Test
    void segmentOf64MebibytesIsRestoredThroughBuffersOf64Kibibytes() {
        SegmentSize size = SegmentSize.ofMebibytes(64);
        fixture.settings =
                fixture.settings.withCluster(() -> Optional.of(size), () -> OptionalLong.of(SYSTEM_IDENTIFIER));
        byte[] content = segment(SEGMENT, size);
        fixture.archiveRecorded(SEGMENT, content, Compression.ZSTD, DigestAlgorithm.CRC64NVME);

        RestoredFile restored = await(fixture.pipeline().restore(name(SEGMENT), fixture.destination()));

        assertThat(restored.originalBytes()).isEqualTo(64L << 20);
        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void damageIsFoundInLargeObjectsToo(Compression compression) {
        byte[] object = RestoreFixture.encode(segment(SEGMENT), compression);
        fixture.place(SEGMENT, compression, Arrays.copyOf(object, object.length - 5), Map.of());

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.Corrupt.class)
                .hasMessageContaining(SEGMENT + compression.suffix());
        assertThat(fixture.destination()).doesNotExist();
    }

    @Test
    void digestIsCheckedInLargeObjectsToo() {
        byte[] content = segment(SEGMENT);
        Map<String, String> metadata = RestoreFixture.recorded(content, DigestAlgorithm.SHA256);
        content[500_000] ^= 1;
        fixture.place(SEGMENT, Compression.LZ4, RestoreFixture.encode(content, Compression.LZ4), metadata);

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.Corrupt.class)
                .hasMessageContaining("sha256");
    }

    @Test
    void decompressionBombStopsAtTheSegmentSize() {
        fixture.archive(SEGMENT, new byte[64 << 20], Compression.ZSTD);

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.Corrupt.class)
                .hasMessageContaining("more than 1048576 bytes");
    }

    @Test
    void brokenDownloadIsStartedAgain() {
        byte[] content = segment(SEGMENT);
        fixture.archive(SEGMENT, content, Compression.ZSTD);
        fixture.script(StoreOperation.GET, Fault.breakBody(70_000), new Fault.TruncateBody(70_000));

        StepVerifier.create(fixture.pipeline().restore(name(SEGMENT), fixture.destination()))
                .expectSubscription()
                .then(() -> fixture.time.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNextCount(1)
                .verifyComplete();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void objectLargerThanItsContentAndTheBuffersIsRestored() {
        fixture.pool = new BufferPool(RestoreFixture.SIZE.bytes(), 2);
        byte[] content = segment(SEGMENT);
        byte[] once = RestoreFixture.encode(content, Compression.NONE);
        // A skippable frame in front makes the object longer than a buffer while the content fits one.
        byte[] skippable = new byte[8 + once.length];
        ByteBuffer.wrap(skippable)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184D2A50)
                .putInt(once.length);
        byte[] frame = RestoreFixture.encode(content, Compression.ZSTD);
        byte[] object = Arrays.copyOf(skippable, skippable.length + frame.length);
        System.arraycopy(frame, 0, object, skippable.length, frame.length);
        fixture.place(SEGMENT, Compression.ZSTD, object, Map.of());

        fixture.pipeline().restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void segmentSizeIsLearntFromTheFirstSegment() {
        fixture.pool = new BufferPool(RestoreFixture.BUFFER_BYTES, 2);
        fixture.settings = fixture.settings.withCluster(Optional::empty, OptionalLong::empty);
        RestorePipeline pipeline = fixture.pipeline();
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.ZSTD);

        pipeline.restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
        assertThat(pipeline.cluster().segmentSize()).contains(RestoreFixture.SIZE);
        // Known from now on: a segment of another size is refused.
        String next = "0000000A0000000200000004";
        fixture.archive(next, segment(next, SegmentSize.ofMebibytes(2)), Compression.ZSTD);
        assertThatThrownBy(() ->
                        pipeline.restore(name(next), fixture.destination()).block())
                .isInstanceOf(RestoreException.Corrupt.class);
    }
}
