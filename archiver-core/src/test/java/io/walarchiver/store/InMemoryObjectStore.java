package io.walarchiver.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The whole port in memory, for tests of whatever stands above a store. Signals arrive on the subscriber's own thread.
 *
 * <p>Strict where a real store may be lenient, so that a test fails before production does: the buffer of a download is
 * overwritten as soon as the next one is asked for, a body can be subscribed to once, and small parts are refused.
 */
public final class InMemoryObjectStore implements ObjectStore {

    private static final int PAGE = 1000;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final Comparator<String> BYTE_ORDER = Comparator.comparing(
            text -> text.getBytes(StandardCharsets.UTF_8), (left, right) -> Arrays.compareUnsigned(left, right));

    private final NavigableMap<String, StoredObject> objects;
    private final Map<StoreOperation, LongAdder> requests = new ConcurrentHashMap<>();
    private final AtomicInteger openUploads = new AtomicInteger();
    private final AtomicInteger openDownloads = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Clock clock;

    public InMemoryObjectStore() {
        this(Clock.systemUTC());
    }

    /** A store that takes the modification times of its objects from the given clock. */
    public InMemoryObjectStore(Clock clock) {
        this(clock, new ConcurrentSkipListMap<>(BYTE_ORDER));
    }

    private InMemoryObjectStore(Clock clock, NavigableMap<String, StoredObject> objects) {
        this.clock = clock;
        this.objects = objects;
    }

    /** Another store on the same objects, with its own counters and its own life. */
    public InMemoryObjectStore another() {
        return new InMemoryObjectStore(clock, objects);
    }

    /**
     * An object and what was sent with it.
     *
     * @param bytes        the content; a copy
     * @param lastModified when it was stored
     * @param options      what the upload asked for
     */
    public record StoredObject(ByteBuffer bytes, Instant lastModified, PutOptions options) {

        /** A copy of the content. */
        public byte[] toByteArray() {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return copy;
        }
    }

    /** The object as it is now, without counting a request. */
    public Optional<StoredObject> stored(ObjectKey key) {
        return Optional.ofNullable(objects.get(key.value()));
    }

    /** All keys as they are now, in byte order, without counting a request. */
    public List<ObjectKey> keys() {
        return objects.keySet().stream().map(ObjectKey::new).toList();
    }

    /** Places an object as if somebody else had written it, without counting a request. */
    public void place(ObjectKey key, byte[] bytes, Map<String, String> metadata) {
        objects.put(
                key.value(),
                new StoredObject(
                        ByteBuffer.wrap(bytes.clone()).asReadOnlyBuffer(),
                        clock.instant(),
                        PutOptions.NONE.withMetadata(metadata)));
    }

    /** Removes an object as if somebody else had deleted it, without counting a request. */
    public void remove(ObjectKey key) {
        objects.remove(key.value());
    }

    /** How many requests of that kind were made so far. */
    public long requests(StoreOperation operation) {
        LongAdder count = requests.get(operation);
        return count == null ? 0 : count.sum();
    }

    /** How many requests of any kind were made so far. */
    public long requests() {
        return requests.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** How many multipart uploads were neither completed nor aborted. */
    public int openUploads() {
        return openUploads.get();
    }

    /** How many downloads have been handed to a reader and are not over. */
    public int openDownloads() {
        return openDownloads.get();
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return Mono.fromRunnable(() -> {
            count(StoreOperation.PUT_IF_ABSENT);
            create(key, bytesOf(content), options);
        });
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return Mono.fromRunnable(() -> {
            count(StoreOperation.PUT);
            objects.put(key.value(), new StoredObject(bytesOf(content), clock.instant(), options));
        });
    }

    private void create(ObjectKey key, ByteBuffer bytes, PutOptions options) {
        StoredObject existing = objects.putIfAbsent(key.value(), new StoredObject(bytes, clock.instant(), options));
        if (existing != null) {
            throw new StoreException.AlreadyExists(key + " is taken in " + location(), StoreException.Detail.NONE);
        }
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return Mono.fromCallable(() -> {
            count(StoreOperation.START_MULTIPART);
            openUploads.incrementAndGet();
            return new Upload(key, options);
        });
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return Mono.fromCallable(() -> {
            count(StoreOperation.HEAD);
            StoredObject object = require(key);
            return info(key, object, object.bytes().remaining());
        });
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return download(key, 0, Long.MAX_VALUE, false, reader);
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return download(key, offset, length, true, reader);
    }

    private <T> Mono<T> download(ObjectKey key, long offset, long length, boolean ranged, ObjectReader<T> reader) {
        return Mono.defer(() -> {
            count(StoreOperation.GET);
            StoredObject object = require(key);
            int size = object.bytes().remaining();
            if (ranged && (offset < 0 || length < 1 || offset >= size)) {
                throw new StoreException.Rejected(
                        "no bytes at " + offset + " in " + key + " of " + size + " bytes in " + location(),
                        StoreException.Detail.NONE,
                        null);
            }
            int start = Math.toIntExact(offset);
            int count = Math.toIntExact(Math.min(length, size - offset));
            Body body = new Body(object.bytes().slice(start, count));
            openDownloads.incrementAndGet();
            return Mono.using(
                    () -> body, open -> Mono.from(reader.read(info(key, object, count), open.publisher())), open -> {
                        open.close();
                        openDownloads.decrementAndGet();
                    });
        });
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return Flux.defer(() -> {
            Listing listing = new Listing(prefix);
            return Flux.generate(sink -> {
                Map.Entry<String, StoredObject> next = listing.next();
                if (next == null) {
                    sink.complete();
                } else {
                    StoredObject object = next.getValue();
                    sink.next(new ObjectInfo(
                            new ObjectKey(next.getKey()), object.bytes().remaining(), object.lastModified(), Map.of()));
                }
            });
        });
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return Flux.defer(() -> {
            List<String> found = objects.tailMap(prefix, true).keySet().stream()
                    .takeWhile(key -> key.startsWith(prefix))
                    .filter(key -> key.indexOf('/', prefix.length()) >= 0)
                    .map(key -> key.substring(0, key.indexOf('/', prefix.length()) + 1))
                    .distinct()
                    .toList();
            for (int page = 0; page <= found.size() / PAGE; page++) {
                count(StoreOperation.LIST_PREFIXES);
            }
            return Flux.fromIterable(found);
        });
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return Mono.fromRunnable(() -> {
            count(StoreOperation.DELETE);
            objects.remove(key.value());
        });
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        List<ObjectKey> all = List.copyOf(keys);
        return Flux.defer(() -> {
            for (int done = 0; done < all.size(); done += PAGE) {
                count(StoreOperation.DELETE_BATCH);
                all.subList(done, Math.min(done + PAGE, all.size())).forEach(this::remove);
            }
            return Flux.empty();
        });
    }

    @Override
    public String location() {
        return "memory";
    }

    @Override
    public void close() {
        closed.set(true);
    }

    private void count(StoreOperation operation) {
        if (closed.get()) {
            throw new StoreException.Unavailable(
                    "the store in " + location() + " is closed", StoreException.Detail.NONE, null);
        }
        requests.computeIfAbsent(operation, unused -> new LongAdder()).increment();
    }

    private StoredObject require(ObjectKey key) {
        StoredObject object = objects.get(key.value());
        if (object == null) {
            throw new StoreException.NotFound(key + " is not in " + location(), StoreException.Detail.NONE);
        }
        return object;
    }

    private static ObjectInfo info(ObjectKey key, StoredObject object, long size) {
        return new ObjectInfo(key, size, object.lastModified(), object.options().metadata());
    }

    private static ByteBuffer bytesOf(Content content) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(content.length()));
        content.buffers().forEach(bytes::put);
        return bytes.flip().asReadOnlyBuffer();
    }

    /** Reads page by page, so that the count of requests shows how much was really asked for. */
    private final class Listing {

        private final String prefix;
        private final List<Map.Entry<String, StoredObject>> page = new ArrayList<>(PAGE);
        private int position;
        private boolean last;
        private @Nullable String after;

        Listing(String prefix) {
            this.prefix = prefix;
        }

        Map.@Nullable Entry<String, StoredObject> next() {
            if (position == page.size()) {
                if (last) {
                    return null;
                }
                readPage();
                if (page.isEmpty()) {
                    return null;
                }
            }
            return page.get(position++);
        }

        private void readPage() {
            count(StoreOperation.LIST);
            String start = after;
            page.clear();
            position = 0;
            last = true;
            for (Map.Entry<String, StoredObject> entry : objects.tailMap(start == null ? prefix : start, start == null)
                    .entrySet()) {
                if (!entry.getKey().startsWith(prefix)) {
                    break;
                }
                if (page.size() == PAGE) {
                    last = false;
                    break;
                }
                page.add(entry);
                after = entry.getKey();
            }
        }
    }

    /** Hands out one buffer again and again, which makes readers that keep a buffer fail. */
    private static final class Body {

        private final ByteBuffer bytes;
        private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        private final AtomicBoolean subscribed = new AtomicBoolean();
        private volatile boolean closed;

        Body(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        Flux<ByteBuffer> publisher() {
            return Flux.defer(() -> subscribed.compareAndSet(false, true)
                            ? Flux.<ByteBuffer>generate(sink -> {
                                if (closed) {
                                    sink.error(new IllegalStateException("the reader is over, its body is gone"));
                                } else if (bytes.hasRemaining()) {
                                    sink.next(nextChunk());
                                } else {
                                    sink.complete();
                                }
                            })
                            : Flux.error(new IllegalStateException("a body can be subscribed to once")))
                    .hide();
        }

        private ByteBuffer nextChunk() {
            int count = Math.min(bytes.remaining(), CHUNK_BYTES);
            chunk.clear().put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
            return chunk.flip().asReadOnlyBuffer();
        }

        void close() {
            closed = true;
        }
    }

    private final class Upload implements MultipartUpload {

        private final ObjectKey key;
        private final PutOptions options;
        private final Map<Integer, Part> parts = new ConcurrentHashMap<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicInteger etags = new AtomicInteger();

        private record Part(String etag, ByteBuffer bytes) {}

        Upload(ObjectKey key, PutOptions options) {
            this.key = key;
            this.options = options;
        }

        @Override
        public Mono<UploadedPart> uploadPart(int number, Content content) {
            return Mono.fromCallable(() -> {
                count(StoreOperation.UPLOAD_PART);
                requireOpen();
                UploadedPart part = new UploadedPart(number, "etag-" + etags.incrementAndGet(), "");
                parts.put(number, new Part(part.etag(), bytesOf(content)));
                return part;
            });
        }

        @Override
        public Mono<Void> complete(List<UploadedPart> uploaded) {
            return Mono.fromRunnable(() -> {
                count(StoreOperation.COMPLETE_MULTIPART);
                ByteBuffer bytes = join(uploaded);
                objects.put(key.value(), new StoredObject(bytes, clock.instant(), options));
                finish();
            });
        }

        @Override
        public Mono<Void> completeIfAbsent(List<UploadedPart> uploaded) {
            return Mono.fromRunnable(() -> {
                count(StoreOperation.COMPLETE_MULTIPART_IF_ABSENT);
                create(key, join(uploaded), options);
                finish();
            });
        }

        @Override
        public Mono<Void> abort() {
            return Mono.fromRunnable(() -> {
                count(StoreOperation.ABORT_MULTIPART);
                finish();
            });
        }

        private ByteBuffer join(List<UploadedPart> uploaded) {
            requireOpen();
            if (uploaded.isEmpty()) {
                throw rejected("an upload needs at least one part");
            }
            int previous = 0;
            List<ByteBuffer> accepted = new ArrayList<>();
            for (UploadedPart part : uploaded) {
                Part stored = parts.get(part.number());
                if (stored == null || !stored.etag().equals(part.etag())) {
                    throw rejected("part " + part.number() + " was not uploaded, or was replaced");
                }
                if (part.number() <= previous) {
                    throw rejected("part " + part.number() + " comes after part " + previous);
                }
                previous = part.number();
                accepted.add(stored.bytes());
                if (accepted.size() < uploaded.size() && stored.bytes().remaining() < MIN_PART_BYTES) {
                    throw rejected("part " + part.number() + " is too small: "
                            + stored.bytes().remaining() + " bytes");
                }
            }
            return bytesOf(Content.of(accepted));
        }

        private void requireOpen() {
            if (over.get()) {
                throw rejected("the upload is over");
            }
        }

        private StoreException rejected(String reason) {
            return new StoreException.Rejected(
                    "multipart upload of " + key + " to " + location() + ": " + reason,
                    StoreException.Detail.NONE,
                    null);
        }

        private void finish() {
            if (over.compareAndSet(false, true)) {
                parts.clear();
                openUploads.decrementAndGet();
            }
        }
    }
}
