package io.walarchiver.sidecar.request;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.RestoreJobView;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** Stands for recovery: notes what is asked and answers what the test says. */
public final class ScriptedRecovery implements Recovering {

    /** What is restored unless the test says otherwise. */
    public static final BackupId RESTORED = new BackupId("20310405T060709");

    public final List<RestoreJobView> jobs = new CopyOnWriteArrayList<>();
    public final List<String> asked = new CopyOnWriteArrayList<>();
    public final AtomicInteger cancelled = new AtomicInteger();
    private volatile Mono<BackupId> answer = Mono.just(RESTORED);
    private volatile Mono<Void> walAnswer = Mono.empty();

    /** What every following restore of a base backup answers. */
    public void answerWith(Mono<BackupId> next) {
        answer = next;
    }

    /** What every following restore of a WAL file answers. */
    public void answerWalWith(Mono<Void> next) {
        walAnswer = next;
    }

    @Override
    public Mono<BackupId> recover(RestoreJobView job) {
        return Mono.defer(() -> {
                    jobs.add(job);
                    return answer;
                })
                .doOnCancel(cancelled::incrementAndGet);
    }

    @Override
    public Restoring walOf(ArchiveReference archive) {
        return (name, destination, rewind) -> Mono.defer(() -> {
            asked.add(archive.storeName() + "/" + archive.serverName() + " " + name + " to " + destination.getFileName()
                    + (rewind ? " rewind" : " recovery"));
            return walAnswer;
        });
    }
}
