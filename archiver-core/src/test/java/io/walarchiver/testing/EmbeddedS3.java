package io.walarchiver.testing;

import java.net.URI;
import java.nio.file.Path;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;

/**
 * S3Proxy in this process, on a free port of the loopback interface. Checks signatures and checksum headers, and
 * enforces {@code If-None-Match}.
 *
 * <p>Its limits: it refuses encryption headers, forgets tags, cannot hold a key below another key, and lists in the
 * order of UTF-16.
 */
public final class EmbeddedS3 implements S3Server {

    private static final String BUCKET = "wal-archive";
    private static final String ACCESS_KEY_ID = "test-access-key";
    private static final String SECRET_ACCESS_KEY = "test-secret-key-0123456789";

    private final S3Proxy server;
    private final EmbeddedBlobs blobs;

    private EmbeddedS3(S3Proxy server, EmbeddedBlobs blobs) {
        this.server = server;
        this.blobs = blobs;
    }

    /** Starts a server that keeps its objects in memory. */
    public static EmbeddedS3 start() {
        return start("transient-nio2", new Properties());
    }

    /** Starts a server that keeps its objects in a directory, for more data than fits in memory. */
    public static EmbeddedS3 startIn(Path directory) {
        Properties settings = new Properties();
        settings.setProperty("jclouds.filesystem.basedir", directory.toString());
        return start("filesystem-nio2", settings);
    }

    private static EmbeddedS3 start(String provider, Properties storage) {
        EmbeddedBlobs blobs = new EmbeddedBlobs(BlobStores.create(provider, storage));
        Properties settings = new Properties();
        settings.setProperty("s3proxy.endpoint", "http://127.0.0.1:0");
        settings.setProperty("s3proxy.authorization", "aws-v2-or-v4");
        settings.setProperty("s3proxy.identity", ACCESS_KEY_ID);
        settings.setProperty("s3proxy.credential", SECRET_ACCESS_KEY);
        // Tagging and the size header of a multipart completion are answered with 501 otherwise.
        settings.setProperty("s3proxy.ignore-unknown-headers", "true");
        // An upload whose payload is signed is held in memory while its digest is computed; the default is 128 MiB.
        settings.setProperty("s3proxy.v4-max-non-chunked-request-size", Integer.toString(64 << 20));
        try {
            S3Proxy server =
                    S3Proxy.Builder.fromProperties(settings).blobStore(blobs).build();
            server.start();
            blobs.createContainer(BUCKET);
            return new EmbeddedS3(server, blobs);
        } catch (Exception e) {
            blobs.close();
            throw new IllegalStateException("the embedded S3 server did not start", e);
        }
    }

    /** How many multipart uploads were started and neither completed nor aborted. */
    public int openUploads() {
        return blobs.listMultipartUploads(BUCKET).size();
    }

    /** Whether to answer every part of an upload with 403 from now on. */
    public void refuseParts(boolean refuse) {
        blobs.refuseParts(refuse);
    }

    @Override
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getPort());
    }

    @Override
    public String bucket() {
        return BUCKET;
    }

    @Override
    public String region() {
        return "us-east-1";
    }

    @Override
    public String accessKeyId() {
        return ACCESS_KEY_ID;
    }

    @Override
    public String secretAccessKey() {
        return SECRET_ACCESS_KEY;
    }

    @Override
    public boolean acceptsEncryption() {
        return false;
    }

    @Override
    public boolean keepsTags() {
        return false;
    }

    /** False: keys become paths of a file system in memory, and the second of the two is answered with 500. */
    @Override
    public boolean nestsKeys() {
        return false;
    }

    @Override
    public boolean listsNestedKeys() {
        return false;
    }

    @Override
    public boolean ordersSupplementaryCharactersByBytes() {
        return false;
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the embedded S3 server did not stop", e);
        } finally {
            blobs.close();
        }
    }
}
