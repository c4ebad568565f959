package io.walarchiver.sidecar.request;

import io.walarchiver.backup.base.CompletedBackup;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** Stands for the taking of base backups: notes what is asked and answers what the test says. */
public final class ScriptedBackups implements BackupTaking {

    /** What every backup is unless the test says otherwise. */
    public static final CompletedBackup TAKEN = CompletedBackups.taken();

    public final List<BackupOrder> asked = new CopyOnWriteArrayList<>();
    public final AtomicInteger cancelled = new AtomicInteger();
    private volatile Mono<CompletedBackup> answer = Mono.just(TAKEN);

    /** What every following call answers. */
    public void answerWith(Mono<CompletedBackup> next) {
        answer = next;
    }

    @Override
    public Mono<CompletedBackup> take(BackupOrder order) {
        return Mono.defer(() -> {
                    asked.add(order);
                    return answer;
                })
                .doOnCancel(cancelled::incrementAndGet);
    }
}
