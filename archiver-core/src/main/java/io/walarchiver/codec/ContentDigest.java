package io.walarchiver.codec;

/**
 * The fingerprint of an object's original bytes.
 *
 * <p>Text form, as it stands in object metadata and in the journal: algorithm, colon, lower-case hexadecimal digits, for
 * example {@code crc64nvme:00000000deadbeef}.
 *
 * @param algorithm how it was computed
 * @param hex       the value in lower-case hexadecimal digits: 16 for CRC-64/NVME, 64 for SHA-256
 */
public record ContentDigest(DigestAlgorithm algorithm, String hex) {

    public ContentDigest {
        int expected = algorithm == DigestAlgorithm.SHA256 ? 64 : 16;
        if (hex.length() != expected || !hex.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
            throw new IllegalArgumentException("not a " + algorithm.label() + " value: \"" + hex + "\"");
        }
    }

    /**
     * Reads the text form.
     *
     * @throws IllegalArgumentException on an unknown algorithm or a malformed value
     */
    public static ContentDigest parse(String text) {
        int colon = text.indexOf(':');
        for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
            if (colon > 0 && algorithm.label().equals(text.substring(0, colon))) {
                return new ContentDigest(algorithm, text.substring(colon + 1));
            }
        }
        throw new IllegalArgumentException("not a content digest: \"" + text + "\"");
    }

    @Override
    public String toString() {
        return algorithm.label() + ":" + hex;
    }
}
