package io.walarchiver.sidecar.request;

import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import java.util.Optional;

/**
 * A base backup somebody asks for.
 *
 * @param archive    where it goes
 * @param name       the name it gets besides its id
 * @param cluster    the Cluster it is of; empty when nobody said
 * @param walArchive where that Cluster archives its WAL with us; empty when it does not, or nobody said
 */
public record BackupOrder(
        ArchiveReference archive, String name, Optional<ClusterView> cluster, Optional<ArchiveReference> walArchive) {}
