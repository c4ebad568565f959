package io.walarchiver.bridge.objectstore;

/** How the original bytes of a WAL object are fingerprinted. */
public enum DigestChoice {
    /** CRC-64/NVME: nearly free, guards against damage. The default. */
    CRC64NVME,
    /** SHA-256: about ten times dearer. */
    SHA256
}
