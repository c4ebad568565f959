package io.walarchiver.backup.base;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * A server without a server: answers at once, unless a call is scripted to fail, hang or do something else first. Its one
 * session is also the server.
 */
final class ScriptedSession implements BackupSession, BackupServer {

    /** The calls of a session. */
    enum Call {
        CONNECT,
        START,
        STOP,
        RESTORE_POINT,
        SWITCH_WAL,
        CLOSE
    }

    static final Instant STARTED = Instant.parse("2031-04-05T06:07:08.123456Z");
    static final Instant STOPPED = Instant.parse("2031-04-05T06:08:09.5Z");
    static final Lsn START = Lsn.parse("2/3F000028");
    static final Lsn STOP = Lsn.parse("2/3F000138");
    static final String LABEL = "START WAL LOCATION: 2/3F000028 (file 0000000A000000020000003F)\nLABEL: %s\n";

    private final Map<Call, Function<Mono<Void>, Mono<Void>>> script = new EnumMap<>(Call.class);
    final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
    private ServerFacts facts;
    private Lsn stop = STOP;
    private volatile String label = "";
    volatile boolean open;
    volatile boolean inBackup;
    volatile boolean fast;

    ScriptedSession(ServerFacts facts) {
        this.facts = facts;
    }

    /** What the server says of itself from now on. */
    void facts(ServerFacts others) {
        facts = others;
    }

    ServerFacts facts() {
        return facts;
    }

    void stopsAt(Lsn lsn) {
        stop = lsn;
    }

    /** Puts something before (or instead of) the answer to a call. */
    void script(Call call, Function<Mono<Void>, Mono<Void>> disturbance) {
        script.put(call, disturbance);
    }

    void fail(Call call, Throwable failure) {
        script(call, answer -> Mono.error(failure));
    }

    void hang(Call call) {
        script(call, answer -> Mono.never());
    }

    private <T> Mono<T> answer(Call call, Mono<T> answer) {
        return Mono.defer(() -> {
            calls.add(call);
            Function<Mono<Void>, Mono<Void>> disturbance = script.getOrDefault(call, undisturbed -> undisturbed);
            return disturbance.apply(Mono.empty()).then(answer);
        });
    }

    @Override
    public BackupSession newSession() {
        return this;
    }

    @Override
    public String location() {
        return "scripted server";
    }

    @Override
    public Mono<ServerFacts> connect() {
        return answer(Call.CONNECT, Mono.fromCallable(() -> {
            open = true;
            return facts;
        }));
    }

    @Override
    public Mono<BackupStart> start(String text, boolean immediately) {
        return answer(Call.START, Mono.fromCallable(() -> {
            label = text;
            fast = immediately;
            inBackup = true;
            return new BackupStart(START, new Timeline(10), STARTED);
        }));
    }

    @Override
    public Mono<BackupStop> stop() {
        return answer(Call.STOP, Mono.fromCallable(() -> {
            inBackup = false;
            return new BackupStop(stop, new Timeline(10), STOPPED, LABEL.formatted(label));
        }));
    }

    @Override
    public Mono<Void> createRestorePoint(String name) {
        return answer(Call.RESTORE_POINT, Mono.empty());
    }

    @Override
    public Mono<Void> switchWal() {
        return answer(Call.SWITCH_WAL, Mono.empty());
    }

    @Override
    public Mono<Void> close() {
        return answer(Call.CLOSE, Mono.fromRunnable(() -> {
            open = false;
            inBackup = false;
        }));
    }
}
