package io.walarchiver.sidecar.request;

import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import reactor.core.publisher.Mono;

/** Brings one WAL file back. */
@FunctionalInterface
public interface Restoring {

    /**
     * Completes when the whole file stands at {@code destination}.
     *
     * @param rewind true when pg_rewind asks: no prefetch, no remembered misses
     */
    Mono<Void> restore(WalFileName name, Path destination, boolean rewind);
}
