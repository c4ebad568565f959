package io.walarchiver.testing;

import java.net.URI;

/** A running S3 server with one empty bucket, to be closed by whoever started it. Buckets are addressed by path. */
public interface S3Server extends AutoCloseable {

    /** Scheme, host and port. */
    URI endpoint();

    /** The bucket made for the test. */
    String bucket();

    /** The region that signatures must name. */
    String region();

    String accessKeyId();

    String secretAccessKey();

    /** False when the server refuses requests that ask for server-side encryption. */
    boolean acceptsEncryption();

    /** False when the server takes object tags and forgets them. */
    boolean keepsTags();

    /** False when {@code a} and {@code a/b} cannot both be keys. */
    boolean nestsKeys();

    /** False when of {@code a} and {@code a/b} a listing shows one only. */
    boolean listsNestedKeys();

    /** False when listings order keys by UTF-16 units, which differs beyond U+FFFF. */
    boolean ordersSupplementaryCharactersByBytes();

    @Override
    void close();
}
