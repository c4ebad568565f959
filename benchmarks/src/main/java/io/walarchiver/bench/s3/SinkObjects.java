package io.walarchiver.bench.s3;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The content of the sink's bucket, and what has been counted. Safe for many threads. */
final class SinkObjects {

    private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
    private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final AtomicLong sequence = new AtomicLong();

    /**
     * One object.
     *
     * @param metadata  its {@code x-amz-meta-} headers
     * @param checksums the {@code x-amz-checksum-} headers it came with
     */
    record Stored(byte[] content, String etag, Map<String, String> metadata, Map<String, String> checksums) {}

    private record Upload(Map<String, String> headers, NavigableMap<Integer, byte[]> parts) {}

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

    Stored stored(Map<String, String> headers, byte[] content) {
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
    boolean put(String key, Stored stored, boolean absentOnly) {
        if (absentOnly) {
            return objects.putIfAbsent(key, stored) == null;
        }
        objects.put(key, stored);
        return true;
    }

    @Nullable
    Stored get(String key) {
        return objects.get(key);
    }

    void remove(String key) {
        objects.remove(key);
    }

    NavigableMap<String, Stored> snapshot() {
        return objects;
    }

    String startUpload(Map<String, String> headers) {
        String id = Long.toString(sequence.incrementAndGet());
        uploads.put(id, new Upload(Map.copyOf(headers), new TreeMap<>()));
        return id;
    }

    void putPart(String id, int number, byte[] content) {
        Upload upload = uploads.get(id);
        if (upload != null) {
            synchronized (upload) {
                upload.parts.put(number, content);
            }
        }
    }

    void completeUpload(String key, String id) {
        Upload upload = uploads.remove(id);
        if (upload != null) {
            synchronized (upload) {
                int length = upload.parts.values().stream()
                        .mapToInt(part -> part.length)
                        .sum();
                byte[] whole = new byte[length];
                int at = 0;
                for (byte[] part : upload.parts.values()) {
                    System.arraycopy(part, 0, whole, at, part.length);
                    at += part.length;
                }
                objects.put(key, stored(upload.headers, whole));
            }
        }
    }
}
