package io.walarchiver.backup.verify;

import reactor.core.publisher.Mono;

/** A part of the work that needs one buffer: an object, or the volumes of an archive one after the other. */
@FunctionalInterface
interface Piece {

    /** Does the work. Notes what comes of it and does not fail. */
    Mono<Void> verify();
}
