package io.walarchiver.bridge.cluster;

import java.util.Optional;

/**
 * An element of {@code spec.externalClusters}.
 *
 * @param name                    the name other fields refer to
 * @param hasConnectionParameters whether it can be reached over the network, and so streamed from
 * @param plugin                  the plugin that knows its archive
 */
public record ExternalCluster(String name, boolean hasConnectionParameters, Optional<PluginEntry> plugin) {}
