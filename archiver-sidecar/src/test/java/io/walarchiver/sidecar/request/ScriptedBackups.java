package io.walarchiver.sidecar.request;

import io.walarchiver.backup.catalog.BackupId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** Stands for the taking of base backups: notes what is asked and answers what the test says. */
public final class ScriptedBackups implements BackupTaking {

    /** What every backup is unless the test says otherwise. */
    public static final TakenBackup TAKEN = new TakenBackup(new BackupId("20310405T060709"), BackupInfos.done());

    public final List<BackupOrder> asked = new CopyOnWriteArrayList<>();
    public final AtomicInteger cancelled = new AtomicInteger();
    private volatile Mono<TakenBackup> answer = Mono.just(TAKEN);

    /** What every following call answers. */
    public void answerWith(Mono<TakenBackup> next) {
        answer = next;
    }

    @Override
    public Mono<TakenBackup> take(BackupOrder order) {
        return Mono.defer(() -> {
                    asked.add(order);
                    return answer;
                })
                .doOnCancel(cancelled::incrementAndGet);
    }
}
