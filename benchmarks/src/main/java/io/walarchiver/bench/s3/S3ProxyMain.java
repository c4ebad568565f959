package io.walarchiver.bench.s3;

import java.net.URI;
import java.nio.file.Path;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;

/** The process of {@link S3ServerProcess#s3Proxy}. Arguments: the directory for objects, and for TLS the key store. */
public final class S3ProxyMain {

    private S3ProxyMain() {}

    public static void main(String[] args) throws Exception {
        ParentWatch.start();
        String id = System.getenv(S3ServerProcess.ACCESS_KEY_ID);
        String secret = System.getenv(S3ServerProcess.SECRET_ACCESS_KEY);
        Properties properties = new Properties();
        properties.setProperty("jclouds.provider", "filesystem-nio2");
        properties.setProperty("jclouds.filesystem.basedir", args[0]);
        properties.setProperty("jclouds.identity", id);
        properties.setProperty("jclouds.credential", secret);
        BlobStore store = BlobStores.create("filesystem-nio2", properties);
        store.createContainer(S3ServerProcess.BUCKET);
        S3Proxy.Builder builder = S3Proxy.builder()
                .blobStore(store)
                .awsAuthentication(AuthenticationType.AWS_V4, id, secret)
                .ignoreUnknownHeaders(true)
                .jettyMaxThreads(16);
        boolean secure = args.length > 1;
        if (secure) {
            builder.secureEndpoint(URI.create("https://127.0.0.1:0"))
                    .sslContext(ServerCertificate.serverContext(Path.of(args[1])));
        } else {
            builder.endpoint(URI.create("http://127.0.0.1:0"));
        }
        S3Proxy proxy = builder.build();
        proxy.start();
        System.out.println("listening on port " + (secure ? proxy.getSecurePort() : proxy.getPort()));
    }
}
