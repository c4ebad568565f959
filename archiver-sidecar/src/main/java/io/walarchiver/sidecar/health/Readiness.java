package io.walarchiver.sidecar.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Could a segment be archived now: the socket is open, the store answers, the journal can be written. */
public final class Readiness implements Health {

    private final List<Mono<Finding>> checks;

    /** @param checks each gives one finding and never fails */
    public Readiness(List<Mono<Finding>> checks) {
        this.checks = List.copyOf(checks);
    }

    @Override
    public Mono<Report> report() {
        return Flux.mergeSequential(checks, checks.size(), 1).collectList().map(Report::new);
    }

    /** The socket on which PostgreSQL's side asks. */
    public static Mono<Finding> socket(Path socket, BooleanSupplier isOpen) {
        return Mono.fromSupplier(() -> isOpen.getAsBoolean()
                ? Finding.good("socket", socket + " is open")
                : Finding.bad("socket", socket + " is not open; the service is starting or ending"));
    }

    /** What is archived is noted, so that a restart does not upload it again. */
    public static Mono<Finding> journal(BooleanSupplier isWritable, Path spool) {
        return Mono.fromSupplier(() -> isWritable.getAsBoolean()
                ? Finding.good("journal", "is written")
                : Finding.bad(
                        "journal",
                        "could not be written; archiving goes on, but a restart uploads files again; check free space in "
                                + spool));
    }

    /** The directory of the journal can be written: a file is made and removed, because permissions do not tell of a full disk. */
    public static Mono<Finding> writable(String subject, Path directory, Scheduler fileIo) {
        return Mono.fromCallable(() -> {
                    Path probe = Files.createTempFile(directory, ".writable-", "");
                    try {
                        Files.write(probe, new byte[] {1});
                    } finally {
                        Files.delete(probe);
                    }
                    return Finding.good(subject, directory + " is writable");
                })
                .subscribeOn(fileIo)
                .onErrorResume(
                        IOException.class,
                        e -> Mono.just(Finding.bad(
                                subject,
                                directory + " cannot be written ("
                                        + e.getClass().getSimpleName() + "); check free space and permissions")));
    }
}
