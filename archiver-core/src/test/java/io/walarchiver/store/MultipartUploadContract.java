package io.walarchiver.store;

import static io.walarchiver.store.MultipartUpload.MIN_PART_BYTES;
import static io.walarchiver.store.ObjectStoreFixture.bytes;
import static io.walarchiver.store.ObjectStoreFixture.complete;
import static io.walarchiver.store.ObjectStoreFixture.content;
import static io.walarchiver.store.ObjectStoreFixture.freshKey;
import static io.walarchiver.store.ObjectStoreFixture.metadata;
import static io.walarchiver.store.ObjectStoreFixture.value;
import static io.walarchiver.store.ObjectStoreFixture.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.walarchiver.store.MultipartUpload.UploadedPart;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Multipart uploads. */
public interface MultipartUploadContract extends ObjectStoreFixture {

    int WHOLE = 2 * MIN_PART_BYTES + 1_000_003;

    @Test
    default void partsSentOutOfOrderBecomeOneObject() {
        ObjectKey key = freshKey();
        byte[] whole = bytes(1, WHOLE);
        MultipartUpload upload = value(store().startMultipart(key, metadata("kind", "multipart")));

        UploadedPart third = value(upload.uploadPart(3, part(whole, 3)));
        UploadedPart first = value(upload.uploadPart(1, part(whole, 1)));
        UploadedPart second = value(upload.uploadPart(2, part(whole, 2)));
        complete(upload.complete(List.of(first, second, third)));

        assertThat(read(key)).isEqualTo(whole);
        assertThat(value(store().head(key)).size()).isEqualTo(WHOLE);
        assertThat(value(store().head(key)).metadata()).containsExactly(Map.entry("kind", "multipart"));
        assertNoUploadIsOpen();
    }

    @Test
    default void partsSentInParallelBecomeOneObject() {
        ObjectKey key = freshKey();
        byte[] whole = bytes(2, WHOLE);
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));

        List<UploadedPart> parts = value(Flux.just(3, 2, 1)
                .flatMap(number -> upload.uploadPart(number, part(whole, number)), 3)
                .sort(Comparator.comparingInt(UploadedPart::number))
                .collectList());
        complete(upload.completeIfAbsent(parts));

        assertThat(read(key)).isEqualTo(whole);
        assertNoUploadIsOpen();
    }

    @Test
    default void partInSeveralBuffersArrivesInOrder() {
        ObjectKey key = freshKey();
        byte[] bytes = bytes(3, 1_000_003);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(500_000).put(bytes, 0, 500_000).flip();
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));

        UploadedPart part = value(upload.uploadPart(1, Content.of(direct, ByteBuffer.wrap(bytes, 500_000, 500_003))));
        complete(upload.complete(List.of(part)));

        assertThat(read(key)).isEqualTo(bytes);
    }

    @Test
    default void singlePartMayBeSmall() {
        for (int length : new int[] {0, 1, 17}) {
            ObjectKey key = freshKey();
            MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));

            UploadedPart part = value(upload.uploadPart(1, content(bytes(4, length))));
            complete(upload.completeIfAbsent(List.of(part)));

            assertThat(read(key)).isEqualTo(bytes(4, length));
        }
        assertNoUploadIsOpen();
    }

    @Test
    default void partSentAgainReplacesTheFirstOne() {
        ObjectKey key = freshKey();
        byte[] whole = bytes(5, WHOLE);
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));

        UploadedPart replaced = value(upload.uploadPart(1, content(bytes(99, MIN_PART_BYTES))));
        UploadedPart second = value(upload.uploadPart(2, part(whole, 2)));
        UploadedPart third = value(upload.uploadPart(3, part(whole, 3)));
        UploadedPart first = value(upload.uploadPart(1, part(whole, 1)));
        assertThat(replaced.number()).isEqualTo(first.number());
        complete(upload.complete(List.of(first, second, third)));

        assertThat(read(key)).isEqualTo(whole);
    }

    @Test
    default void nothingIsVisibleBeforeCompletion() {
        ObjectKey key = freshKey();
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));
        UploadedPart part = value(upload.uploadPart(1, content(bytes(6, 10))));

        assertThat(exists(key)).isFalse();
        assertThat(store().list(key.value()).collectList().block(LIMIT)).isEmpty();
        openUploads().ifPresent(count -> assertThat(count).isPositive());

        complete(upload.complete(List.of(part)));
        assertThat(exists(key)).isTrue();
    }

    @Test
    default void startingAndSendingAreCold() {
        ObjectKey key = freshKey();
        Mono<MultipartUpload> start = store().startMultipart(key, PutOptions.NONE);
        assertNoUploadIsOpen();
        MultipartUpload upload = value(start);
        Mono<UploadedPart> send = upload.uploadPart(1, content(bytes(7, 10)));
        Mono<Void> abort = upload.abort();

        UploadedPart first = value(send);
        UploadedPart part = value(send);
        assertThat(first.number()).isEqualTo(part.number());
        complete(upload.complete(List.of(part)));

        assertThat(read(key)).isEqualTo(bytes(7, 10));
        complete(abort);
        assertThat(read(key)).isEqualTo(bytes(7, 10));
    }

    @Test
    default void completionReplacesAnObjectOfThatKey() {
        ObjectKey key = freshKey();
        complete(store().put(key, content(bytes(8, 1000)), metadata("generation", "one")));
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));
        UploadedPart part = value(upload.uploadPart(1, content(bytes(9, 10))));

        assertThat(read(key)).isEqualTo(bytes(8, 1000));
        complete(upload.complete(List.of(part)));

        assertThat(read(key)).isEqualTo(bytes(9, 10));
        assertThat(value(store().head(key)).metadata()).isEmpty();
    }

    @Test
    default void conditionalCompletionOnTakenKeyFailsAndLeavesTheOldObject() {
        ObjectKey key = freshKey();
        MultipartUpload upload = value(store().startMultipart(key, metadata("generation", "two")));
        UploadedPart part = value(upload.uploadPart(1, content(bytes(9, 10))));
        complete(store().put(key, content(bytes(8, 1000)), metadata("generation", "one")));

        assertThrows(StoreException.AlreadyExists.class, waiting(upload.completeIfAbsent(List.of(part))));

        assertThat(read(key)).isEqualTo(bytes(8, 1000));
        assertThat(value(store().head(key)).metadata()).containsExactly(Map.entry("generation", "one"));
        complete(upload.abort());
        assertThat(read(key)).isEqualTo(bytes(8, 1000));
        assertNoUploadIsOpen();
    }

    @Test
    default void abortLeavesNothingAndMayBeRepeated() {
        ObjectKey key = freshKey();
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));
        UploadedPart part = value(upload.uploadPart(1, content(bytes(10, 1000))));

        complete(upload.abort());
        complete(upload.abort());

        assertThat(exists(key)).isFalse();
        assertNoUploadIsOpen();
        assertThrows(StoreException.class, waiting(upload.complete(List.of(part))));
        assertThat(exists(key)).isFalse();
    }

    @Test
    default void uploadWithoutPartsCanBeAborted() {
        MultipartUpload upload = value(store().startMultipart(freshKey(), PutOptions.NONE));

        complete(upload.abort());

        assertNoUploadIsOpen();
    }

    @Test
    default void completionWithoutPartsIsRejected() {
        ObjectKey key = freshKey();
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));

        assertThrows(StoreException.Rejected.class, waiting(upload.complete(List.of())));

        complete(upload.abort());
        assertThat(exists(key)).isFalse();
    }

    @Test
    default void completionWithUnknownPartIsRejected() {
        ObjectKey key = freshKey();
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));
        UploadedPart part = value(upload.uploadPart(1, content(bytes(11, 10))));
        UploadedPart unknown = new UploadedPart(2, part.etag(), part.checksum());

        assertThrows(StoreException.Rejected.class, waiting(upload.complete(List.of(part, unknown))));

        complete(upload.abort());
        assertThat(exists(key)).isFalse();
    }

    @Test
    default void smallPartInTheMiddleIsRejected() {
        ObjectKey key = freshKey();
        MultipartUpload upload = value(store().startMultipart(key, PutOptions.NONE));
        UploadedPart first = value(upload.uploadPart(1, content(bytes(12, MIN_PART_BYTES - 1))));
        UploadedPart second = value(upload.uploadPart(2, content(bytes(13, 10))));
        Mono<Void> completion = upload.complete(List.of(first, second));

        if (checksPartSizes()) {
            assertThrows(StoreException.Rejected.class, waiting(completion));
            assertThat(exists(key)).isFalse();
        } else {
            complete(completion);
            assertThat(value(store().head(key)).size()).isEqualTo(MIN_PART_BYTES + 9);
        }
        complete(upload.abort());
    }

    @Test
    default void twoUploadsOfOneKeyDoNotMix() {
        ObjectKey key = freshKey();
        MultipartUpload one = value(store().startMultipart(key, PutOptions.NONE));
        MultipartUpload two = value(store().startMultipart(key, PutOptions.NONE));
        UploadedPart ofOne = value(one.uploadPart(1, content(bytes(14, 100))));
        UploadedPart ofTwo = value(two.uploadPart(1, content(bytes(15, 200))));

        complete(one.completeIfAbsent(List.of(ofOne)));
        assertThrows(StoreException.AlreadyExists.class, waiting(two.completeIfAbsent(List.of(ofTwo))));
        assertThat(read(key)).isEqualTo(bytes(14, 100));
        complete(two.complete(List.of(ofTwo)));

        assertThat(read(key)).isEqualTo(bytes(15, 200));
        assertNoUploadIsOpen();
    }

    private void assertNoUploadIsOpen() {
        openUploads().ifPresent(count -> assertThat(count).isZero());
    }

    private static Content part(byte[] whole, int number) {
        int from = (number - 1) * MIN_PART_BYTES;
        return content(Arrays.copyOfRange(whole, from, Math.min(from + MIN_PART_BYTES, whole.length)));
    }
}
