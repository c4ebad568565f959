package io.walarchiver.sidecar.health;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The process is alive when each of its executors still runs what it is given. */
public final class Liveness implements Health {

    private final Map<String, Executor> executors;
    private final Duration patience;

    /**
     * @param executors by name: the event loop and the schedulers
     * @param patience  how long a trivial task may wait; long enough for a busy pool of slow disks
     */
    public Liveness(Map<String, Executor> executors, Duration patience) {
        this.executors = new LinkedHashMap<>(executors);
        this.patience = patience;
    }

    @Override
    public Mono<Report> report() {
        return Flux.fromIterable(executors.entrySet())
                .flatMap(entry -> respond(entry.getKey(), entry.getValue()), Math.max(1, executors.size()))
                .collectSortedList((a, b) -> a.subject().compareTo(b.subject()))
                .map(Report::new);
    }

    private Mono<Finding> respond(String name, Executor executor) {
        return Mono.<Finding>create(sink -> {
                    try {
                        executor.execute(() -> sink.success(Finding.good(name, "responds")));
                    } catch (RejectedExecutionException e) {
                        sink.success(Finding.bad(name, "takes no more work; the process is ending"));
                    }
                })
                .timeout(
                        patience,
                        Mono.just(Finding.bad(
                                name, "did not respond within " + patience.toSeconds() + " s; restart the process")));
    }
}
