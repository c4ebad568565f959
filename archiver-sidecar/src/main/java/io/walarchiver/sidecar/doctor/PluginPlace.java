package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.sidecar.settings.PluginName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Which Service is the plugin's.
 *
 * @param pluginName the name by which the plugin is looked for
 * @param labelled   all Services that carry it
 * @param service    the one that is meant: a labelled one, or one that looks like ours and has lost its label
 * @param namespace  of that one, or else where it should be; empty when nobody knows
 */
record PluginPlace(String pluginName, List<ObjectNode> labelled, Optional<ObjectNode> service, String namespace) {

    static final String NAME_LABEL = "cnpg.io/pluginName";
    private static final String APPLICATION = "app.kubernetes.io/name";
    private static final String PRODUCT = "wal-archiver";

    static PluginPlace find(List<ObjectNode> services, DoctorOrder order, Collection<String> operatorNamespaces) {
        List<ObjectNode> ours = services.stream()
                .filter(service -> Fields.label(service, APPLICATION).equals(PRODUCT))
                .toList();
        String usual = PluginName.DEFAULT.value();
        boolean usualIsThere = services.stream()
                .anyMatch(service -> Fields.label(service, NAME_LABEL).equals(usual));
        String name = order.pluginName()
                .orElseGet(() -> usualIsThere
                        ? usual
                        : ours.stream()
                                .map(service -> Fields.label(service, NAME_LABEL))
                                .filter(label -> !label.isEmpty())
                                .findFirst()
                                .orElse(usual));
        List<ObjectNode> labelled = services.stream()
                .filter(service -> Fields.label(service, NAME_LABEL).equals(name))
                .toList();
        Optional<ObjectNode> service = labelled.stream()
                .filter(candidate -> operatorNamespaces.contains(Fields.namespace(candidate)))
                .findFirst()
                .or(() -> labelled.stream().findFirst())
                .or(() -> ours.stream().findFirst());
        String namespace = service.map(Fields::namespace)
                .or(order::pluginNamespace)
                .or(() -> operatorNamespaces.stream().findFirst())
                .orElse("");
        return new PluginPlace(name, labelled, service, namespace);
    }
}
