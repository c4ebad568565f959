package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What the operator half puts into every Cluster.
 *
 * @param pluginName       the name under which we run
 * @param version          of this program, the same in all processes
 * @param sidecarImage     of the injected container
 * @param command          the program in that image, to which the subcommand is added
 * @param managementPort   where the injected container answers probes and scrapes
 * @param defaultResources {@code resources} of a store that sets none, core/v1 ResourceRequirements
 */
public record OperatorSettings(
        String pluginName,
        String version,
        String sidecarImage,
        List<String> command,
        int managementPort,
        ObjectNode defaultResources) {

    /** Copies; an injected container without image or program would never start. */
    public OperatorSettings {
        if (pluginName.isEmpty() || sidecarImage.isEmpty() || command.isEmpty()) {
            throw new IllegalArgumentException("the plugin's name, the image and the command are required");
        }
        command = List.copyOf(command);
        defaultResources = defaultResources.deepCopy();
    }

    /** A copy: what goes into one document must not be shared with another. */
    @Override
    public ObjectNode defaultResources() {
        return defaultResources.deepCopy();
    }
}
