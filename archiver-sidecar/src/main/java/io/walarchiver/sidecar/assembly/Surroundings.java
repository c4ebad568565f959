package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.sidecar.maintenance.PrimaryRole;
import io.walarchiver.sidecar.maintenance.RecoveryWindowPublisher;
import io.walarchiver.sidecar.request.StoreLookup;
import io.walarchiver.sidecar.settings.ServeSettings;

/**
 * What the service asks of the world around it, which is another one on Kubernetes.
 *
 * @param stores  finds the stores that requests name
 * @param role    tells whether this is the primary
 * @param windows tells the world what can be recovered
 */
public record Surroundings(StoreLookup stores, PrimaryRole role, RecoveryWindowPublisher windows) {

    /** A host with a store file: the data directory tells the role, and nobody is told anything. */
    static Surroundings standalone(ServeSettings settings, Workers workers) {
        return new Surroundings(
                new FileStoreLookup(settings.stores()),
                new ControlFileRole(new DataDirectory(settings.pgdata()), workers.fileIo()),
                RecoveryWindowPublisher.NONE);
    }
}
