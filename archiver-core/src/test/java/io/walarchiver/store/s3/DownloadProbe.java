package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A process of its own, for a heap of its own: downloads large objects, several at a time, into slow readers, and ends as one should. */
final class DownloadProbe {

    private DownloadProbe() {}

    /** Arguments: endpoint, bucket, access key, secret key, object key, downloads in all, downloads at a time. */
    public static void main(String[] arguments) throws IOException {
        S3Settings settings = S3Settings.of(
                        arguments[1], new S3Settings.StaticKeys(arguments[2], arguments[3], Optional.empty()))
                .withEndpoint(URI.create(arguments[0]));
        ObjectKey key = new ObjectKey(arguments[4]);
        int atATime = Integer.parseInt(arguments[6]);
        try (ObjectStore store = S3ObjectStore.open(settings, StoreObserver.NONE)) {
            Long bytes = Flux.range(0, Integer.parseInt(arguments[5]))
                    .flatMap(
                            i -> store.get(
                                    key,
                                    (info, body) -> body.concatMap(
                                                    buffer -> Mono.just((long) buffer.remaining())
                                                            .delayElement(Duration.ofMillis(20)),
                                                    0)
                                            .reduce(0L, Long::sum)),
                            atATime)
                    .reduce(0L, Long::sum)
                    .block(Duration.ofMinutes(2));
            System.out.println("bytes: " + bytes);
        }
        System.out.println("left when closed: " + nativeThreads());
        NativeThreads.end(Duration.ofSeconds(20));
        System.out.println("left in the end: " + nativeThreads());
    }

    /** The threads of the native client by their names, as the kernel knows them. */
    private static long nativeThreads() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.map(DownloadProbe::name)
                    .filter(name -> name.startsWith("AwsEventLoop"))
                    .count();
        }
    }

    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm"));
        } catch (IOException gone) {
            return "";
        }
    }
}
