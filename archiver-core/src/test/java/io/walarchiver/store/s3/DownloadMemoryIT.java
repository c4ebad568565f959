package io.walarchiver.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.testing.EmbeddedS3;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Downloads arrive on the Java heap, which the service keeps small. Running out of it in a recovery would end the
 * process, and with it the recovery.
 */
class DownloadMemoryIT {

    private static final int OBJECT_BYTES = 16 << 20;
    private static final int DOWNLOADS = 60;

    @TempDir
    Path directory;

    @Test
    void manyLargeDownloadsAtATimeFitASmallHeap() throws IOException, InterruptedException {
        byte[] noise = new byte[OBJECT_BYTES];
        new Random(1).nextBytes(noise);
        try (EmbeddedS3 server = EmbeddedS3.start()) {
            S3Settings settings = S3Settings.of(
                            server.bucket(),
                            new S3Settings.StaticKeys(server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                    .withEndpoint(server.endpoint());
            try (ObjectStore store = S3ObjectStore.open(settings, StoreObserver.NONE)) {
                store.put(new ObjectKey("noise"), Content.of(ByteBuffer.wrap(noise)), PutOptions.NONE)
                        .block(Duration.ofSeconds(30));
            }
            Path output = directory.resolve("output");
            Process probe = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-XX:+UseSerialGC",
                            // The service has 64 MiB, of which it needs some twenty for itself.
                            "-Xmx44m",
                            "-XX:+ExitOnOutOfMemoryError",
                            "-cp",
                            System.getProperty("java.class.path"),
                            DownloadProbe.class.getName(),
                            server.endpoint().toString(),
                            server.bucket(),
                            server.accessKeyId(),
                            server.secretAccessKey(),
                            "noise",
                            Integer.toString(DOWNLOADS),
                            "8")
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                assertThat(probe.waitFor(3, TimeUnit.MINUTES)).isTrue();
            } finally {
                probe.destroyForcibly();
            }
            assertThat(probe.exitValue()).as(Files.readString(output)).isZero();
            assertThat(output).content().contains("bytes: " + (long) DOWNLOADS * OBJECT_BYTES);
            // What is left of them at the exit holds it up for more than a second.
            assertThat(output)
                    .content()
                    .containsPattern("left when closed: [1-9]")
                    .contains("left in the end: 0");
        }
    }
}
