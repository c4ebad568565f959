package io.walarchiver.store;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * A started multipart upload (Amazon S3 User Guide, "Uploading and copying objects using multipart upload").
 *
 * <p>Parts may be uploaded in parallel and in any order. All parts but the last have at least
 * {@link #MIN_PART_BYTES} bytes; S3 checks that on completion. Publishers are cold; failures are
 * {@link StoreException}s.
 */
public interface MultipartUpload {

    /** Smallest allowed length of every part but the last: 5 MiB. */
    int MIN_PART_BYTES = 5 << 20;

    /** Largest part number: 10,000. */
    int MAX_PARTS = 10_000;

    /**
     * Uploads one part; uploading a number again replaces it.
     *
     * @param number  from 1 to {@link #MAX_PARTS}
     * @param content the bytes; see {@link Content} for ownership
     */
    Mono<UploadedPart> uploadPart(int number, Content content);

    /**
     * Makes the object visible, made of the given parts in ascending order of their numbers; at least one part.
     * Replaces an object of that key.
     */
    Mono<Void> complete(List<UploadedPart> parts);

    /**
     * As {@link #complete}, but fails with {@link StoreException.AlreadyExists} when the key is taken; see
     * {@link ObjectStore#putIfAbsent} for what that and {@link StoreException.Ambiguous} mean. The upload is still open
     * then and is to be aborted.
     */
    Mono<Void> completeIfAbsent(List<UploadedPart> parts);

    /** Gives up and frees the parts. Aborting an upload that is already gone is success. */
    Mono<Void> abort();

    /**
     * A part the store has accepted.
     *
     * @param number   the part number
     * @param etag     what the store answered; sent back on completion
     * @param checksum the CRC32C of the part in base64 when one was sent, empty text otherwise
     */
    record UploadedPart(int number, String etag, String checksum) {
        public UploadedPart {
            if (number < 1 || number > MAX_PARTS) {
                throw new IllegalArgumentException("part numbers go from 1 to " + MAX_PARTS + ", not " + number);
            }
        }
    }
}
