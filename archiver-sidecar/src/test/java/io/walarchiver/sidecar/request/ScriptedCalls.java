package io.walarchiver.sidecar.request;

import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** Stands for the pipelines: notes what is asked and answers what the test says. */
public final class ScriptedCalls implements Archiving, Restoring {

    public final List<String> asked = new CopyOnWriteArrayList<>();
    public final AtomicInteger cancelled = new AtomicInteger();
    private volatile Mono<Void> answer = Mono.empty();

    /** What every following call answers. */
    public void answerWith(Mono<Void> next) {
        answer = next;
    }

    @Override
    public Mono<Void> archive(WalFileName name, boolean checkOwnership) {
        asked.add("archive " + name + (checkOwnership ? " checked" : " unchecked"));
        return Mono.defer(() -> answer).doOnCancel(cancelled::incrementAndGet);
    }

    @Override
    public Mono<Void> restore(WalFileName name, Path destination, boolean rewind) {
        asked.add("restore " + name + " to " + destination + (rewind ? " rewind" : " recovery"));
        return Mono.defer(() -> answer).doOnCancel(cancelled::incrementAndGet);
    }
}
