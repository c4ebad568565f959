package io.walarchiver.restore;

import io.walarchiver.wal.WalSegmentName;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One segment being fetched before it is asked for. */
final class Ahead {

    private final WalSegmentName name;
    private final Path path;
    private final Sinks.Empty<Void> over = Sinks.empty();
    private final Sinks.Empty<Void> withdrawn = Sinks.empty();
    private final AtomicReference<@Nullable RestoredFile> result = new AtomicReference<>();
    private volatile boolean begun;

    /**
     * @param path where it is to stand in the spool; never used before, so that deleting it can hit nothing else
     */
    Ahead(WalSegmentName name, Path path) {
        this.name = name;
        this.path = path;
    }

    Path path() {
        return path;
    }

    WalSegmentName name() {
        return name;
    }

    /** The wait for memory is over: from here on it is faster to wait for it than to start afresh. */
    void begin() {
        begun = true;
    }

    boolean hasBegun() {
        return begun;
    }

    RestoredFile complete(RestoredFile file) {
        result.set(file);
        return file;
    }

    /** What was fetched; empty while under way and after a failure. */
    Optional<RestoredFile> result() {
        return Optional.ofNullable(result.get());
    }

    /** Tells whoever fetches it to stop. */
    void withdraw() {
        withdrawn.tryEmitEmpty().orThrow();
    }

    Mono<Void> whenWithdrawn() {
        return withdrawn.asMono();
    }

    /** Tells whoever waits for it that it succeeded, failed or was given up. */
    void end() {
        over.tryEmitEmpty().orThrow();
    }

    Mono<Void> whenOver() {
        return over.asMono();
    }
}
