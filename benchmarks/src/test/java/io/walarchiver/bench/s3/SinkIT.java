package io.walarchiver.bench.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.bench.service.StoreClient;
import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SinkIT {

    private static final ObjectKey KEY = new ObjectKey("a/b/c.zst");

    @TempDir
    Path directory;

    private S3ServerProcess server;
    private ObjectStore store;

    @BeforeEach
    void start() throws Exception {
        server = S3ServerProcess.sink(directory, Optional.empty());
        store = StoreClient.connect(server);
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    @Test
    void keepsBytesAndMetadataOfAnObject() {
        byte[] bytes = bytes(100_003);

        store.putIfAbsent(KEY, Content.of(ByteBuffer.wrap(bytes)), PutOptions.NONE.withMetadata(Map.of("digest", "x")))
                .block();

        assertThat(get(KEY)).isEqualTo(bytes);
        assertThat(store.head(KEY).blockOptional()).hasValueSatisfying(info -> {
            assertThat(info.size()).isEqualTo(bytes.length);
            assertThat(info.metadata()).containsEntry("digest", "x");
        });
    }

    @Test
    void refusesToCreateAnObjectTwice() {
        store.putIfAbsent(KEY, Content.of(ByteBuffer.wrap(bytes(1))), PutOptions.NONE)
                .block();

        assertThatThrownBy(() -> store.putIfAbsent(KEY, Content.of(ByteBuffer.wrap(bytes(2))), PutOptions.NONE)
                        .block())
                .isInstanceOf(StoreException.AlreadyExists.class);
        assertThat(get(KEY)).isEqualTo(bytes(1));
    }

    @Test
    void saysThatAnObjectIsAbsent() {
        assertThatThrownBy(() -> get(KEY)).isInstanceOf(StoreException.NotFound.class);
    }

    @Test
    void listsByPrefixAndByLevel() {
        for (String key : List.of("a/1", "a/2", "a/x/3", "b/4")) {
            store.put(new ObjectKey(key), Content.of(ByteBuffer.wrap(bytes(1))), PutOptions.NONE)
                    .block();
        }

        assertThat(store.list("a/")
                        .map(info -> info.key().value())
                        .collectList()
                        .block())
                .containsExactly("a/1", "a/2", "a/x/3");
        assertThat(store.listPrefixes("").collectList().block()).containsExactly("a/", "b/");
    }

    @Test
    void putsPartsTogether() {
        byte[] first = bytes(MultipartUpload.MIN_PART_BYTES);
        byte[] last = bytes(17);

        store.startMultipart(KEY, PutOptions.NONE)
                .flatMap(upload -> upload.uploadPart(1, Content.of(ByteBuffer.wrap(first)))
                        .zipWith(upload.uploadPart(2, Content.of(ByteBuffer.wrap(last))))
                        .flatMap(parts -> upload.complete(List.of(parts.getT1(), parts.getT2()))))
                .block();

        byte[] whole = get(KEY);
        assertThat(whole).hasSize(first.length + last.length).startsWith(first).endsWith(last);
    }

    @Test
    void countsRequestsAndBytes() throws Exception {
        SinkStatistics before = server.statistics();

        store.put(KEY, Content.of(ByteBuffer.wrap(bytes(1000))), PutOptions.NONE)
                .block();
        byte[] unused = get(KEY);
        SinkStatistics after = server.statistics().since(before);

        assertThat(after.requests()).containsEntry("put", 1L).containsKey("get");
        assertThat(after.bytesIn()).isEqualTo(1000);
        assertThat(after.bytesOut()).isEqualTo(1000);
    }

    @Test
    void keepsWhatIsLargeInFilesUntilItIsForgotten() throws Exception {
        store.close();
        server.close();
        Path home = Files.createDirectory(directory.resolve("disk"));
        server = S3ServerProcess.sinkOnDisk(home, Optional.empty());
        store = StoreClient.connect(server);
        Path files = home.resolve("objects");
        byte[] first = bytes(MultipartUpload.MIN_PART_BYTES);
        byte[] last = bytes(300_017);
        store.startMultipart(KEY, PutOptions.NONE)
                .flatMap(upload -> upload.uploadPart(1, Content.of(ByteBuffer.wrap(first)))
                        .zipWith(upload.uploadPart(2, Content.of(ByteBuffer.wrap(last))))
                        .flatMap(parts -> upload.complete(List.of(parts.getT1(), parts.getT2()))))
                .block();
        store.put(new ObjectKey("small"), Content.of(ByteBuffer.wrap(bytes(10))), PutOptions.NONE)
                .block();

        byte[] whole = get(KEY);
        byte[] overTheSeam = store.get(
                        KEY,
                        first.length - 5,
                        10,
                        (info, body) -> body.collect(ByteArrayOutputStream::new, SinkIT::append)
                                .map(ByteArrayOutputStream::toByteArray))
                .block();

        assertThat(whole).hasSize(first.length + last.length).startsWith(first).endsWith(last);
        assertThat(overTheSeam).isEqualTo(Arrays.copyOfRange(whole, first.length - 5, first.length + 5));
        assertThat(files).isDirectoryContaining("regex:.*\\d+");
        server.forget("a/");
        assertThat(files).isEmptyDirectory();
        assertThatThrownBy(() -> get(KEY)).isInstanceOf(StoreException.NotFound.class);
        assertThat(get(new ObjectKey("small"))).hasSize(10);
    }

    private byte[] get(ObjectKey key) {
        return store.get(
                        key,
                        (info, body) -> body.collect(ByteArrayOutputStream::new, SinkIT::append)
                                .map(ByteArrayOutputStream::toByteArray))
                .blockOptional()
                .orElseThrow();
    }

    private static void append(ByteArrayOutputStream out, ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        out.writeBytes(bytes);
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        return bytes;
    }
}
