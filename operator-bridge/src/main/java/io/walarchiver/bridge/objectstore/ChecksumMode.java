package io.walarchiver.bridge.objectstore;

/** Which requests carry one of the newer S3 checksums; some compatible stores refuse them. */
public enum ChecksumMode {
    /** Every upload that can. */
    AUTO,
    /** Only operations for which S3 demands one. */
    REQUIRED,
    /** None. */
    OFF
}
