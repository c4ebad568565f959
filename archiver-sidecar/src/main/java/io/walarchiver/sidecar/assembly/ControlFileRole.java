package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.sidecar.maintenance.PrimaryRole;
import io.walarchiver.wal.ControlFile;
import java.nio.file.Files;
import java.nio.file.Path;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The role of a server as its data directory tells: a primary is in production, and runs. The state alone is not enough,
 * as that of a primary that crashed stays for ever, also when it is turned into a standby later.
 */
final class ControlFileRole implements PrimaryRole {

    private final DataDirectory source;
    private final Scheduler fileIo;

    ControlFileRole(DataDirectory source, Scheduler fileIo) {
        this.source = source;
        this.fileIo = fileIo;
    }

    @Override
    public Mono<Boolean> isPrimary() {
        return BlockingWork.on(fileIo, () -> {
            Path pgdata = source.path();
            return Files.exists(pgdata.resolve("postmaster.pid"))
                    && !Files.exists(pgdata.resolve("standby.signal"))
                    && source.rereadControlFile().state() == ControlFile.State.IN_PRODUCTION;
        });
    }
}
