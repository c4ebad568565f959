package io.walarchiver.store;

import java.util.Optional;

/** Server-side encryption an upload can ask for (Amazon S3 User Guide, "Protecting data with encryption"). */
public sealed interface ServerSideEncryption {

    /** Keys managed by the store: header value {@code AES256}. */
    record Aes256() implements ServerSideEncryption {}

    /**
     * Keys managed by a key service: header value {@code aws:kms}.
     *
     * @param keyId the key to use; empty selects the account's default key
     */
    record Kms(Optional<String> keyId) implements ServerSideEncryption {}
}
