package io.walarchiver.backup.base;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.ServerFacts.ArchiveMode;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Content;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Backs up a directory in a process of its own, whose memory can be limited. The store forgets what it is given. */
final class LargeBackupProbe {

    private LargeBackupProbe() {}

    /** Arguments: the data directory, the compression, size and number of the pool's buffers. */
    public static void main(String[] arguments) {
        Path pgdata = Path.of(arguments[0]);
        Compression compression = Compression.valueOf(arguments[1]);
        BufferPool pool = new BufferPool(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
        Scheduler fileIo = Schedulers.newBoundedElastic(4, 10_000, "file-io", 60, true);
        Scheduler compute = Schedulers.newParallel("compute", 2, true);
        Scheduler timer = Schedulers.newSingle("timer", true);
        ForgetfulStore store = new ForgetfulStore(pool);
        CompletedBackup backup = Objects.requireNonNull(new BaseBackup(
                        BackupSettings.of(BackupFixture.LAYOUT),
                        new DataDirectory(pgdata),
                        new ScriptedSession(facts(pgdata)),
                        new BackupCatalog(store, BackupFixture.LAYOUT, PutOptions.NONE),
                        store,
                        Codec.of(compression),
                        pool,
                        segment -> Mono.just(true),
                        BackupObserver.NONE,
                        fileIo,
                        compute,
                        timer)
                .take(Optional.empty())
                .block(Duration.ofMinutes(10)));
        System.out.println("read: " + backup.bytesRead());
        System.out.println("stored: " + store.bytes.get());
        System.out.println("most buffers: " + store.mostBuffers.get());
        System.out.println("left: " + pool.inUse());
    }

    private static ServerFacts facts(Path pgdata) {
        return new ServerFacts(
                170_004,
                FakeCluster.SYSTEM_IDENTIFIER,
                false,
                ArchiveMode.ON,
                pgdata.toString(),
                SegmentSize.DEFAULT,
                8192,
                131_072,
                pgdata.resolve("postgresql.conf").toString(),
                pgdata.resolve("postgresql.conf").toString(),
                pgdata.resolve("postgresql.conf").toString(),
                List.of(),
                List.of(),
                0);
    }

    /** Takes parts and counts them; everything small is kept. */
    private static final class ForgetfulStore implements ObjectStore {
        private final InMemoryObjectStore small = new InMemoryObjectStore();
        private final BufferPool pool;
        private final AtomicLong bytes = new AtomicLong();
        private final AtomicInteger mostBuffers = new AtomicInteger();

        ForgetfulStore(BufferPool pool) {
            this.pool = pool;
        }

        @Override
        public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
            return Mono.fromSupplier(() -> new MultipartUpload() {
                @Override
                public Mono<UploadedPart> uploadPart(int number, Content content) {
                    // As long as a store takes, so that several are under way.
                    return Mono.delay(Duration.ofMillis(5)).map(answered -> {
                        mostBuffers.accumulateAndGet(pool.inUse(), Math::max);
                        bytes.addAndGet(content.length());
                        return new UploadedPart(number, "\"0123456789abcdef0123456789abcdef\"", "AAAAAA==");
                    });
                }

                @Override
                public Mono<Void> complete(List<UploadedPart> parts) {
                    return Mono.empty();
                }

                @Override
                public Mono<Void> completeIfAbsent(List<UploadedPart> parts) {
                    return Mono.empty();
                }

                @Override
                public Mono<Void> abort() {
                    return Mono.empty();
                }
            });
        }

        @Override
        public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
            return small.putIfAbsent(key, content, options);
        }

        @Override
        public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
            return small.put(key, content, options);
        }

        @Override
        public Mono<ObjectInfo> head(ObjectKey key) {
            return small.head(key);
        }

        @Override
        public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
            return small.get(key, reader);
        }

        @Override
        public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
            return small.get(key, offset, length, reader);
        }

        @Override
        public Flux<ObjectInfo> list(String prefix) {
            return small.list(prefix);
        }

        @Override
        public Flux<String> listPrefixes(String prefix) {
            return small.listPrefixes(prefix);
        }

        @Override
        public Mono<Void> delete(ObjectKey key) {
            return small.delete(key);
        }

        @Override
        public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
            return small.delete(keys);
        }

        @Override
        public String location() {
            return "nowhere";
        }

        @Override
        public void close() {
            small.close();
        }
    }
}
