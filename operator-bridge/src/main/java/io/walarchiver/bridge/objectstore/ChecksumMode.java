package io.walarchiver.bridge.objectstore;

/** Whether uploads carry one of the newer S3 checksums; some compatible stores refuse them. */
public enum ChecksumMode {
    /** Yes, until the store refuses them. */
    AUTO,
    /** Yes; a store that refuses them cannot be used. */
    REQUIRED,
    /** No. The AWS tools call this {@code when_required}. */
    OFF
}
