package io.walarchiver.bench.demo;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.WalObjectMetadata;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Looks into the bucket without the service: is every file there that PostgreSQL believes to be archived, whole and with
 * the digest it was stored with?
 */
final class ArchiveAudit {

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final SegmentSize size;

    ArchiveAudit(ObjectStore store, ArchiveLayout layout, SegmentSize size) {
        this.store = store;
        this.layout = layout;
        this.size = size;
    }

    /**
     * What was found.
     *
     * @param files    how many of the expected files are there and whole
     * @param problems one line for each that is not
     */
    record Result(int files, List<String> problems) {
        Result {
            problems = List.copyOf(problems);
        }
    }

    /** Checks all segments from {@code first} to {@code last}. */
    Result check(WalSegmentName first, WalSegmentName last) {
        Map<WalFileName, ObjectKey> present = new HashMap<>();
        for (ObjectInfo info : listed()) {
            layout.walFileOf(info.key()).ifPresent(name -> present.put(name, info.key()));
        }
        List<String> problems = new ArrayList<>();
        int whole = 0;
        ByteBuffer content = ByteBuffer.allocateDirect(size.bytes());
        for (WalSegmentName name = first; name.compareTo(last) <= 0; name = name.next(size)) {
            ObjectKey key = present.get(new WalFileName.Segment(name));
            Optional<String> problem =
                    key == null ? Optional.of(name + " is not in the archive") : problemOf(key, content);
            if (problem.isPresent()) {
                problems.add(problem.get());
            } else {
                whole++;
            }
        }
        return new Result(whole, problems);
    }

    private List<ObjectInfo> listed() {
        List<ObjectInfo> all = store.list(layout.walPrefix()).collectList().block();
        return all == null ? List.of() : all;
    }

    private Optional<String> problemOf(ObjectKey key, ByteBuffer content) {
        Downloaded object = store.get(key, Downloaded::read).block();
        if (object == null) {
            return Optional.of(key + " came without content");
        }
        content.clear();
        try {
            Codec.of(Compression.ofKey(key.value())).decode(object.bytes(), content);
        } catch (CorruptObjectException e) {
            return Optional.of(key + " is damaged: " + e.getMessage());
        }
        content.flip();
        if (content.remaining() != size.bytes()) {
            return Optional.of(key + " holds " + content.remaining() + " bytes instead of " + size);
        }
        Optional<ContentDigest> recorded =
                WalObjectMetadata.of(object.info().metadata()).map(WalObjectMetadata::digest);
        if (recorded.isEmpty()) {
            return Optional.of(key + " has no recorded digest");
        }
        ContentDigester digester = new ContentDigester(recorded.get().algorithm());
        digester.update(content);
        ContentDigest actual = digester.finish();
        return actual.equals(recorded.get())
                ? Optional.empty()
                : Optional.of(key + " has the digest " + actual + ", recorded is " + recorded.get());
    }

    /** A whole object in memory. */
    private record Downloaded(ObjectInfo info, ByteBuffer bytes) {

        static Mono<Downloaded> read(ObjectInfo info, Flux<ByteBuffer> body) {
            return body.collect(() -> ByteBuffer.allocateDirect(Math.toIntExact(info.size())), ByteBuffer::put)
                    .map(all -> new Downloaded(info, all.flip()));
        }
    }
}
