package io.walarchiver.sidecar.request;

import io.walarchiver.bridge.cluster.ArchiveReference;

/**
 * A base backup somebody asks for.
 *
 * @param archive where it goes
 * @param name    the name it gets besides its id
 */
public record BackupOrder(ArchiveReference archive, String name) {}
