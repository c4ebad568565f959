package io.walarchiver.sidecar.request;

import java.util.Optional;
import reactor.core.publisher.Mono;

/** Calls to a process that serves one archive, whatever Cluster they name. */
public final class ServerWalCalls implements WalCalls {

    private final WalRequests requests;
    private final ArchivedRange range;

    public ServerWalCalls(WalRequests requests, ArchivedRange range) {
        this.requests = requests;
        this.range = range;
    }

    @Override
    public Mono<Void> archive(byte[] cluster, String path, Optional<Boolean> checkEmpty) {
        // Operators before CNPG-I 0.6 do not send the flag. Checking costs one page of keys once, so it is on by
        // default.
        return requests.archivePath(path, checkEmpty.orElse(true));
    }

    @Override
    public Mono<Void> restore(byte[] cluster, String name, String destination, Optional<Boolean> rewind) {
        return requests.restore(name, destination, rewind);
    }

    @Override
    public Mono<Holdings> holdings(byte[] cluster) {
        return range.read().map(found -> new Holdings(range.location(), found));
    }
}
