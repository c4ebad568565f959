package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.bridge.operator.OperatorRights;
import io.walarchiver.bridge.operator.Right;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import io.walarchiver.sidecar.doctor.Evidence.PluginEvidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Whether the plugin may do what this version of it has to: in the whole cluster, or by Roles in every namespace with
 * Clusters of its own.
 */
final class PluginRightsCheck {

    private static final String RIGHTS = "plugin rights";

    private final Evidence evidence;
    private final Findings findings;

    private PluginRightsCheck(Evidence evidence, Findings findings) {
        this.evidence = evidence;
        this.findings = findings;
    }

    static void examine(Evidence evidence, Findings findings) {
        new PluginRightsCheck(evidence, findings).examine();
    }

    /** The ClusterRoles that a service account is bound to. */
    static Set<String> clusterRoles(List<ObjectNode> bindings, String namespace, String account) {
        return bindings.stream()
                .filter(binding -> binds(binding, namespace, account))
                .map(binding -> binding.at("/roleRef/name").asText())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean binds(JsonNode binding, String namespace, String account) {
        Set<String> groups =
                Set.of("system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated");
        for (JsonNode subject : binding.path("subjects")) {
            String name = subject.path("name").asText();
            boolean self = subject.path("kind").asText().equals("ServiceAccount")
                    && name.equals(account)
                    && subject.path("namespace").asText().equals(namespace);
            if (self || (subject.path("kind").asText().equals("Group") && groups.contains(name))) {
                return true;
            }
        }
        return false;
    }

    private void examine() {
        PluginEvidence plugin = evidence.plugin();
        Optional<String> account = plugin.account();
        if (account.isEmpty()) {
            findings.skipped(RIGHTS, plugin.place().pluginName(), "needs the plugin's Service and Deployment");
            return;
        }
        String subject = plugin.place().namespace() + "/" + account.orElseThrow();
        if (findings.unseen(RIGHTS, subject, plugin.bindings())) {
            return;
        }
        List<Right> everywhere = new ArrayList<>();
        for (Sight<ObjectNode> role : plugin.clusterRoles().values()) {
            if (findings.unseen(RIGHTS, subject, role)) {
                return;
            }
            role.found().ifPresent(tree -> everywhere.addAll(Right.of(tree)));
        }
        List<Right> needed = OperatorRights.needed(evidence.group().group());
        if (missing(needed, everywhere).isEmpty()) {
            findings.ok(RIGHTS, subject, "may do what this version needs, in the whole cluster");
            return;
        }
        if (evidence.namespaces().isEmpty()) {
            report(subject, "in the whole cluster", missing(needed, everywhere));
        }
        evidence.namespaces().forEach((namespace, seen) -> {
            if (!findings.unseen(RIGHTS, subject, seen.bindings()) && !findings.unseen(RIGHTS, subject, seen.roles())) {
                List<Right> there = new ArrayList<>(everywhere);
                there.addAll(held(seen, account.orElseThrow()));
                report(subject, "in the namespace " + namespace, missing(needed, there));
            }
        });
    }

    private List<Right> held(NamespaceEvidence seen, String account) {
        List<Right> held = new ArrayList<>();
        for (ObjectNode binding : seen.bindings().found().orElse(List.of())) {
            if (binds(binding, evidence.plugin().place().namespace(), account)) {
                NamespaceEvidence.named(
                                seen.roles(), binding.at("/roleRef/name").asText())
                        .ifPresent(role -> held.addAll(Right.of(role)));
            }
        }
        return held;
    }

    private void report(String subject, String where, List<Right> missing) {
        if (missing.isEmpty()) {
            findings.ok(RIGHTS, subject, "may do what this version needs, " + where);
        } else {
            findings.fail(
                    RIGHTS,
                    subject,
                    "may not, " + where + ": "
                            + missing.stream().map(Right::toString).collect(Collectors.joining(", ")),
                    "upgrade the chart (or charts/manifest.yaml) with the version of the image: the rights come with it");
        }
    }

    private static List<Right> missing(List<Right> needed, List<Right> held) {
        return needed.stream().filter(right -> !right.isHeldBy(held)).sorted().toList();
    }
}
