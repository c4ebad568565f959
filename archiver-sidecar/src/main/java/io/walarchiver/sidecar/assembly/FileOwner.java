package io.walarchiver.sidecar.assembly;

import io.walarchiver.restore.RestoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Restored files have mode 0600; a service that runs as root gives them to the user PostgreSQL runs as. */
final class FileOwner {

    private FileOwner() {}

    /** Completes when {@code file} belongs to {@code owner}, the owner of the data directory. */
    static Mono<Void> handOver(Path file, UserPrincipal owner, Scheduler fileIo) {
        return Mono.<Void>fromCallable(() -> {
                    if (!Files.getOwner(file).equals(owner)) {
                        Files.setOwner(file, owner);
                    }
                    return null;
                })
                .subscribeOn(fileIo)
                .onErrorMap(
                        IOException.class,
                        e -> new RestoreException.DestinationUnusable(
                                file + " is restored but cannot be given to " + owner.getName()
                                        + "; run this service as that user, who owns the data directory",
                                e));
    }
}
