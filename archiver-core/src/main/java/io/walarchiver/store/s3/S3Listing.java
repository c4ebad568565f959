package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** ListObjectsV2, page by page on demand. */
final class S3Listing {

    private static final Logger log = LoggerFactory.getLogger(S3Listing.class);

    private final S3AsyncClient client;
    private final S3Calls calls;
    private final String bucket;

    S3Listing(S3AsyncClient client, S3Calls calls, String bucket) {
        this.client = client;
        this.calls = calls;
        this.bucket = bucket;
    }

    Flux<ObjectInfo> objects(String prefix) {
        return pages(
                prefix,
                request -> {},
                page -> page.contents().stream().flatMap(S3Listing::info).toList());
    }

    Flux<ObjectInfo> level(String prefix) {
        return pages(
                prefix,
                request -> request.delimiter("/"),
                page -> page.contents().stream().flatMap(S3Listing::info).toList());
    }

    Flux<String> prefixes(String prefix) {
        return pages(
                prefix,
                request -> request.delimiter("/"),
                page -> page.commonPrefixes().stream().map(CommonPrefix::prefix).toList());
    }

    private <T> Flux<T> pages(
            String prefix,
            Consumer<ListObjectsV2Request.Builder> more,
            Function<ListObjectsV2Response, List<T>> items) {
        return Flux.defer(() -> {
            AtomicReference<Position> position = new AtomicReference<>(new Position(null, false));
            // No prefetch: the next page is asked for when the items of this one have been taken.
            return Flux.<Position>generate(sink -> {
                        Position next = Objects.requireNonNull(position.get());
                        if (next.atEnd()) {
                            sink.complete();
                        } else {
                            sink.next(next);
                        }
                    })
                    .concatMap(
                            from -> page(prefix, from, more).flatMapIterable(page -> {
                                position.set(Position.after(page));
                                return items.apply(page);
                            }),
                            0);
        });
    }

    private Mono<ListObjectsV2Response> page(
            String prefix, Position from, Consumer<ListObjectsV2Request.Builder> more) {
        ListObjectsV2Request request = ListObjectsV2Request.builder()
                .bucket(bucket)
                .prefix(prefix)
                .encodingType(EncodingType.URL)
                .continuationToken(from.token())
                .applyMutation(more)
                .build();
        S3Call call = S3Call.of(Operation.LIST_OBJECTS, "\"" + prefix + "\"");
        return calls.run(call, () -> client.listObjectsV2(request)).flatMap(page -> {
            boolean stuck = Boolean.TRUE.equals(page.isTruncated())
                    && (page.nextContinuationToken() == null
                            || page.nextContinuationToken().equals(from.token()));
            return stuck
                    ? Mono.error(calls.failures().rejected(call, "the store says there is more but not where to go on"))
                    : Mono.just(page);
        });
    }

    private static Stream<ObjectInfo> info(S3Object object) {
        try {
            return Stream.of(
                    new ObjectInfo(new ObjectKey(object.key()), object.size(), object.lastModified(), Map.of()));
        } catch (IllegalArgumentException e) {
            // Not one of ours: we never write such a key, and could not address it.
            log.debug("an object was left out of a listing: {}", e.getMessage());
            return Stream.empty();
        }
    }

    private record Position(@Nullable String token, boolean atEnd) {
        static Position after(ListObjectsV2Response page) {
            return new Position(page.nextContinuationToken(), !Boolean.TRUE.equals(page.isTruncated()));
        }
    }
}
