package io.walarchiver.sidecar.doctor;

import java.util.Optional;

/**
 * Where to look.
 *
 * @param namespace       of the Clusters; all of them without it
 * @param cluster         one Cluster; all that use the plugin without it
 * @param pluginNamespace of the plugin and of the operator; looked for without it
 * @param pluginName      of the plugin; without it that of the wal-archiver that is found, else the usual one
 */
public record DoctorOrder(
        Optional<String> namespace,
        Optional<String> cluster,
        Optional<String> pluginNamespace,
        Optional<String> pluginName) {}
