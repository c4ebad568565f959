package io.walarchiver.bridge.objectstore;

import java.util.Optional;

/** Server-side encryption asked for with each upload; none asked for leaves it to the policy of the bucket. */
public sealed interface Encryption {

    /** {@code AES256}: keys managed by the store. */
    record Aes256() implements Encryption {}

    /**
     * {@code aws:kms}: keys managed by a key service.
     *
     * @param keyId the key to use; empty selects the account's default key
     */
    record Kms(Optional<String> keyId) implements Encryption {}
}
