package io.walarchiver.sidecar.maintenance;

import reactor.core.publisher.Mono;

/** Tells whether this is the server that may change the archive. */
@FunctionalInterface
public interface PrimaryRole {

    /** True on the primary. Fails when it cannot be told. */
    Mono<Boolean> isPrimary();
}
