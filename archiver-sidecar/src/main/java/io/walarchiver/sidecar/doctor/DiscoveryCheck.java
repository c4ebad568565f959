package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.sidecar.doctor.Evidence.PluginEvidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Whether the operator can find the plugin: it looks for Services in its own namespace only, by label and annotations, and
 * passes over what is incomplete without a word (CNPG-I contract, Discovery).
 */
final class DiscoveryCheck {

    static final String PORT = "cnpg.io/pluginPort";
    static final String SERVER_SECRET = "cnpg.io/pluginServerSecret";
    static final String CLIENT_SECRET = "cnpg.io/pluginClientSecret";
    static final String SERVER_NAME = "cnpg.io/pluginServerName";

    private static final String SERVICE = "service";
    private static final String NAMESPACE = "namespace";
    private static final String ENDPOINTS = "endpoints";
    private static final String OPERATOR = "operator";
    private static final String OPERATOR_PRODUCT = "cloudnative-pg";
    private static final String REINSTALL = "install the chart wal-archiver again, which sets it";

    private final PluginEvidence plugin;
    private final Findings findings;

    private DiscoveryCheck(PluginEvidence plugin, Findings findings) {
        this.plugin = plugin;
        this.findings = findings;
    }

    static void examine(Evidence evidence, Findings findings) {
        DiscoveryCheck check = new DiscoveryCheck(evidence.plugin(), findings);
        check.operator();
        check.service();
        check.namespace();
        check.endpoints();
    }

    /** The Deployments of the operator. */
    static List<ObjectNode> operators(Sight<List<ObjectNode>> deployments) {
        return deployments.found().stream()
                .flatMap(List::stream)
                .filter(DiscoveryCheck::isOperator)
                .toList();
    }

    static SortedSet<String> operatorNamespaces(Sight<List<ObjectNode>> deployments) {
        return operators(deployments).stream().map(Fields::namespace).collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isOperator(JsonNode deployment) {
        if (Fields.label(deployment, "app.kubernetes.io/name").equals(OPERATOR_PRODUCT)) {
            return true;
        }
        for (JsonNode container : deployment.at("/spec/template/spec/containers")) {
            String image = container.path("image").asText();
            String name = image.substring(image.lastIndexOf('/') + 1);
            if (name.matches("cloudnative-pg([:@].*)?")) {
                return true;
            }
        }
        return false;
    }

    private void operator() {
        if (findings.unseen(OPERATOR, OPERATOR_PRODUCT, plugin.deployments())) {
            return;
        }
        List<ObjectNode> operators = operators(plugin.deployments());
        if (operators.isEmpty()) {
            findings.warn(
                    OPERATOR,
                    OPERATOR_PRODUCT,
                    "no Deployment has its label or image",
                    "install CloudNativePG, or name its namespace with --plugin-namespace");
        }
        for (ObjectNode operator : operators) {
            if (operator.at("/status/readyReplicas").asInt() == 0) {
                findings.fail(
                        OPERATOR,
                        Fields.title(operator),
                        "no replica is ready: nothing is reconciled",
                        "kubectl -n " + Fields.namespace(operator) + " describe deployment " + Fields.name(operator));
            } else {
                findings.ok(OPERATOR, Fields.title(operator), "runs");
            }
        }
    }

    private void service() {
        String subject = plugin.place()
                .service()
                .map(Fields::title)
                .orElse(plugin.place().pluginName());
        if (findings.unseen(SERVICE, subject, plugin.services())) {
            return;
        }
        if (plugin.place().service().isEmpty()) {
            findings.fail(
                    SERVICE,
                    subject,
                    "no Service has the label " + PluginPlace.NAME_LABEL + "="
                            + plugin.place().pluginName(),
                    "install the plugin into the namespace of the operator, or give its name with --plugin-name");
            return;
        }
        ObjectNode service = plugin.place().service().orElseThrow();
        List<String> wrong = new ArrayList<>();
        if (plugin.place().labelled().isEmpty()) {
            wrong.add("the label " + PluginPlace.NAME_LABEL + " is "
                    + (Fields.label(service, PluginPlace.NAME_LABEL).isEmpty()
                            ? "missing"
                            : Fields.label(service, PluginPlace.NAME_LABEL) + ", not "
                                    + plugin.place().pluginName()));
        }
        for (String annotation : List.of(PORT, SERVER_SECRET, CLIENT_SECRET)) {
            if (Fields.annotation(service, annotation).isEmpty()) {
                wrong.add("the annotation " + annotation + " is missing");
            }
        }
        port(service).ifPresent(wrong::add);
        plugin.variable("PLUGIN_NAME")
                .filter(name -> !name.equals(plugin.place().pluginName()))
                .ifPresent(name -> wrong.add("the process calls itself " + name + " (PLUGIN_NAME), the label "
                        + plugin.place().pluginName()));
        if (plugin.place().labelled().size() > 1) {
            wrong.add("more than one Service has the label: "
                    + plugin.place().labelled().stream().map(Fields::title).collect(Collectors.joining(", ")));
        }
        if (wrong.isEmpty()) {
            findings.ok(SERVICE, subject, "is " + plugin.place().pluginName());
        } else {
            findings.fail(SERVICE, subject, String.join("; ", wrong), REINSTALL);
        }
    }

    private static Optional<String> port(JsonNode service) {
        String port = Fields.annotation(service, PORT);
        if (port.isEmpty()) {
            return Optional.empty();
        }
        for (JsonNode known : service.at("/spec/ports")) {
            if (known.path("port").asText().equals(port)) {
                return Optional.empty();
            }
        }
        return Optional.of("the annotation " + PORT + " says " + port + ", which is no port of the Service");
    }

    private void namespace() {
        Optional<ObjectNode> service = plugin.place().service();
        SortedSet<String> operators = operatorNamespaces(plugin.deployments());
        if (service.isEmpty() || operators.isEmpty()) {
            findings.skipped(NAMESPACE, plugin.place().pluginName(), "needs the plugin's Service and the operator");
            return;
        }
        String subject = Fields.title(service.orElseThrow());
        if (operators.contains(Fields.namespace(service.orElseThrow()))) {
            findings.ok(NAMESPACE, subject, "is that of the operator");
        } else {
            findings.fail(
                    NAMESPACE,
                    subject,
                    "the operator is in " + String.join(", ", operators) + " and looks for plugins nowhere else",
                    "install the plugin there");
        }
    }

    private void endpoints() {
        if (plugin.place().service().isEmpty()) {
            findings.skipped(ENDPOINTS, plugin.place().pluginName(), "needs the plugin's Service");
            return;
        }
        ObjectNode service = plugin.place().service().orElseThrow();
        String subject = Fields.title(service);
        if (findings.unseen(ENDPOINTS, subject, plugin.slices())) {
            return;
        }
        int ready = 0;
        for (JsonNode slice : plugin.slices().found().orElse(List.of())) {
            for (JsonNode endpoint : slice.path("endpoints")) {
                // Without a word about it, it counts as ready (discovery.k8s.io/v1).
                if (Fields.label(slice, "kubernetes.io/service-name").equals(Fields.name(service))
                        && endpoint.at("/conditions/ready").asBoolean(true)) {
                    ready++;
                }
            }
        }
        if (ready > 0) {
            findings.ok(ENDPOINTS, subject, ready + " ready");
            return;
        }
        List<String> reasons = plugin.pods().found().orElse(List.of()).stream()
                .filter(pod -> Fields.selects(service.at("/spec/selector"), pod.at("/metadata/labels")))
                .map(pod -> Fields.name(pod) + ": " + state(pod))
                .toList();
        findings.fail(
                ENDPOINTS,
                subject,
                "nothing ready stands behind the Service; "
                        + (reasons.isEmpty() ? "no Pod of it is to be seen" : String.join("; ", reasons)),
                "kubectl -n " + Fields.namespace(service)
                        + " describe pods, and look into their logs; until a Pod is ready"
                        + " the operator does not reconcile any Cluster that names the plugin");
    }

    private static String state(JsonNode pod) {
        for (JsonNode container : pod.at("/status/containerStatuses")) {
            for (String field : List.of("waiting", "terminated")) {
                JsonNode state = container.path("state").path(field);
                if (!state.isMissingNode()) {
                    return Fields.words(state);
                }
            }
        }
        return Fields.condition(pod.at("/status/conditions"), "PodScheduled")
                .filter(condition -> Fields.isStatus(condition, "False"))
                .map(Fields::words)
                .orElseGet(() -> pod.at("/status/phase").asText("unknown") + ", not ready");
    }
}
