package io.walarchiver.backup.postgres;

import io.walarchiver.backup.base.BackupSession;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Begins a backup in a process of its own and waits for its end, until the process is killed. */
final class SessionProbe {

    private SessionProbe() {}

    /** Arguments: directory of the socket, port. */
    public static void main(String[] arguments) {
        Scheduler scheduler = Schedulers.newBoundedElastic(2, 100, "jdbc", 60, true);
        BackupSession session = new JdbcBackupServer(
                        new ServerAddress.UnixSocket(Path.of(arguments[0]), Integer.parseInt(arguments[1])),
                        "postgres",
                        "postgres",
                        scheduler)
                .newSession();
        session.connect()
                .flatMap(facts -> session.start("label", true))
                .flatMap(start -> session.stop())
                .block(Duration.ofMinutes(2));
    }
}
