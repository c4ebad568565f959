package io.walarchiver.sidecar.request;

import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The two things PostgreSQL asks for, whoever carries the question. Every call is checked, counted by the
 * {@link CallGate}, and then handed to the pipelines. Cancelling a call gives up waiting; see the pipelines for what
 * happens to the work.
 */
public final class WalRequests {

    private final WalPaths paths;
    private final Archiving archiving;
    private final Restoring restoring;
    private final CallGate gate;
    private final Scheduler fileIo;

    /**
     * @param paths  of the one data directory that is served
     * @param fileIo where paths are looked up
     */
    public WalRequests(WalPaths paths, Archiving archiving, Restoring restoring, CallGate gate, Scheduler fileIo) {
        this.paths = paths;
        this.archiving = archiving;
        this.restoring = restoring;
        this.gate = gate;
        this.fileIo = fileIo;
    }

    /**
     * Archives the file at an absolute path in {@code pg_wal}.
     *
     * @param checkOwnership whether to refuse a foreign archive
     */
    public Mono<Void> archivePath(String path, boolean checkOwnership) {
        return gate.pass(Mono.fromCallable(() -> paths.source(path))
                .subscribeOn(fileIo)
                .flatMap(name -> archiving.archive(name, checkOwnership)));
    }

    /**
     * Archives the file of that name in {@code pg_wal}.
     *
     * @param checkOwnership whether to refuse a foreign archive
     */
    public Mono<Void> archiveName(String name, boolean checkOwnership) {
        return gate.pass(
                Mono.fromCallable(() -> WalPaths.name(name)).flatMap(file -> archiving.archive(file, checkOwnership)));
    }

    /**
     * Restores a file.
     *
     * @param destination absolute, or relative to the data directory
     * @param rewind      what the caller says; when it says nothing, the name of the destination tells
     */
    public Mono<Void> restore(String name, String destination, Optional<Boolean> rewind) {
        return gate.pass(Mono.fromCallable(() -> new Delivery(WalPaths.name(name), paths.destination(destination)))
                .subscribeOn(fileIo)
                .flatMap(delivery -> restoring.restore(
                        delivery.name,
                        delivery.destination,
                        rewind.orElseGet(() -> !WalPaths.isServerRecovery(delivery.destination)))));
    }

    private record Delivery(WalFileName name, Path destination) {}
}
