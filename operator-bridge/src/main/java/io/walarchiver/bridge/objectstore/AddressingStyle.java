package io.walarchiver.bridge.objectstore;

/** Where the bucket stands in a request (Amazon S3 User Guide, "Methods for accessing a bucket"). */
public enum AddressingStyle {
    /** Virtual-hosted on Amazon S3, path on any other endpoint. */
    AUTO,
    /** In the path. */
    PATH,
    /** In the host name. */
    VIRTUAL
}
