package io.walarchiver.bench.s3;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The content of the sink's bucket, and what has been counted. Safe for many threads. */
final class SinkObjects {

    /** Smaller ones are not worth a file. */
    private static final int LARGE_BYTES = 256 << 10;

    private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
    private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final AtomicLong sequence = new AtomicLong();
    private final Optional<Path> spool;

    /** @param spool where what is large is kept; empty keeps everything in memory */
    SinkObjects(Optional<Path> spool) {
        this.spool = spool;
    }

    /**
     * One object.
     *
     * @param metadata  its {@code x-amz-meta-} headers
     * @param checksums the {@code x-amz-checksum-} headers it came with
     */
    record Stored(SinkContent content, String etag, Map<String, String> metadata, Map<String, String> checksums) {}

    private record Upload(Map<String, String> headers, NavigableMap<Integer, SinkContent> parts) {}

    void count(String kind, long bodyBytes) {
        requests.computeIfAbsent(kind, k -> new LongAdder()).increment();
        bytesIn.add(bodyBytes);
    }

    void countOut(long bodyBytes) {
        bytesOut.add(bodyBytes);
    }

    SinkStatistics statistics() {
        Map<String, Long> counts = new TreeMap<>();
        requests.forEach((kind, count) -> counts.put(kind, count.sum()));
        return new SinkStatistics(counts, bytesIn.sum(), bytesOut.sum());
    }

    Stored stored(Map<String, String> headers, byte[] content) throws IOException {
        return stored(headers, keep(content));
    }

    private SinkContent keep(byte[] content) throws IOException {
        if (spool.isEmpty() || content.length < LARGE_BYTES) {
            return new SinkContent.Bytes(content);
        }
        Path file = spool.get().resolve(Long.toString(sequence.incrementAndGet()));
        return new SinkContent.InFile(Files.write(file, content), content.length);
    }

    private Stored stored(Map<String, String> headers, SinkContent content) {
        return new Stored(
                content,
                "\"" + sequence.incrementAndGet() + "\"",
                withPrefix(headers, "x-amz-meta-"),
                withPrefix(headers, "x-amz-checksum-"));
    }

    private static Map<String, String> withPrefix(Map<String, String> headers, String prefix) {
        Map<String, String> chosen = new LinkedHashMap<>();
        headers.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                chosen.put(name, value);
            }
        });
        return chosen;
    }

    /** False when the key was taken and {@code absentOnly}. */
    boolean put(String key, Stored stored, boolean absentOnly) throws IOException {
        if (absentOnly) {
            if (objects.putIfAbsent(key, stored) != null) {
                stored.content().delete();
                return false;
            }
            return true;
        }
        delete(objects.put(key, stored));
        return true;
    }

    private static void delete(@Nullable Stored replaced) throws IOException {
        if (replaced != null) {
            replaced.content().delete();
        }
    }

    @Nullable
    Stored get(String key) {
        return objects.get(key);
    }

    void remove(String key) throws IOException {
        delete(objects.remove(key));
    }

    /** Removes everything whose key starts with {@code prefix}. */
    void removeAll(String prefix) throws IOException {
        for (String key : objects.tailMap(prefix, true).keySet()) {
            if (!key.startsWith(prefix)) {
                return;
            }
            remove(key);
        }
    }

    NavigableMap<String, Stored> snapshot() {
        return objects;
    }

    String startUpload(Map<String, String> headers) {
        String id = Long.toString(sequence.incrementAndGet());
        uploads.put(id, new Upload(Map.copyOf(headers), new TreeMap<>()));
        return id;
    }

    void putPart(String id, int number, byte[] content) throws IOException {
        Upload upload = uploads.get(id);
        if (upload != null) {
            SinkContent kept = keep(content);
            synchronized (upload) {
                SinkContent replaced = upload.parts.put(number, kept);
                if (replaced != null) {
                    replaced.delete();
                }
            }
        }
    }

    void completeUpload(String key, String id) throws IOException {
        Upload upload = uploads.remove(id);
        if (upload != null) {
            synchronized (upload) {
                SinkContent whole = SinkContent.Joined.of(List.copyOf(upload.parts.values()));
                delete(objects.put(key, stored(upload.headers, whole)));
            }
        }
    }
}
