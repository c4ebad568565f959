package io.walarchiver.bridge.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** For each value of the chart, values with which it has an effect. */
final class PluginValues {

    private static final Map<String, String> EFFECTS = effectsOf("""
            version: {version: 1.2.3}
            image.repository: {image: {repository: registry.example.org/w}}
            image.digest: {image: {digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}}
            image.pullPolicy: {image: {pullPolicy: Always}}
            image.pullSecrets: {image: {pullSecrets: [{name: pull}]}}
            pluginName: {pluginName: other.example.org}
            replicaCount: {replicaCount: 3}
            logLevel: {logLevel: debug}
            javaOptions: {javaOptions: -Xmx128m}
            additionalArgs: {additionalArgs: [--log-format=text]}
            additionalEnv: {additionalEnv: [{name: RELEASE, value: "{{ .Release.Name }}"}]}
            nameOverride: {nameOverride: archiver}
            fullnameOverride: {fullnameOverride: archiver}
            crds.create: {crds: {create: false}}
            rbac.create: {rbac: {create: false}}
            rbac.cnpgGroup: {rbac: {cnpgGroup: pg.example.org}}
            rbac.userRoles: {rbac: {userRoles: false}}
            watchNamespaces: {watchNamespaces: [shop]}
            serviceAccount.create: {serviceAccount: {create: false, name: x}}
            serviceAccount.name: {serviceAccount: {name: x}}
            serviceAccount.annotations: {serviceAccount: {annotations: {a: b}}}
            service.name: {service: {name: barman-cloud}}
            service.port: {service: {port: 9443}}
            service.annotations: {service: {annotations: {a: b}}}
            service.ipFamilyPolicy: {service: {ipFamilyPolicy: PreferDualStack}}
            service.ipFamilies: {service: {ipFamilies: [IPv6]}}
            certificates.mode: {certificates: {mode: existing}}
            certificates.serverSecretName: {certificates: {serverSecretName: s}}
            certificates.clientSecretName: {certificates: {clientSecretName: c}}
            certificates.certManager.issuerRef: {certificates: {certManager: {issuerRef: {name: i, kind: Issuer}}}}
            certificates.certManager.duration: {certificates: {certManager: {duration: 100h}}}
            certificates.certManager.renewBefore: {certificates: {certManager: {renewBefore: 10h}}}
            certificates.generated.validDays: {certificates: {mode: generated, generated: {validDays: 800}}}
            certificates.generated.renewDays: {certificates: {mode: generated, generated: {renewDays: 30}}}
            certificates.generated.renewal: {certificates: {mode: generated, generated: {renewal: "2"}}}
            openshift: {openshift: true}
            podSecurityContext.runAsNonRoot: {podSecurityContext: {runAsNonRoot: false}}
            podSecurityContext.seccompProfile.type: {podSecurityContext: {seccompProfile: {type: Unconfined}}}
            containerSecurityContext.allowPrivilegeEscalation: {containerSecurityContext: {allowPrivilegeEscalation: true}}
            containerSecurityContext.privileged: {containerSecurityContext: {privileged: true}}
            containerSecurityContext.readOnlyRootFilesystem: {containerSecurityContext: {readOnlyRootFilesystem: false}}
            containerSecurityContext.runAsUser: {containerSecurityContext: {runAsUser: 5}}
            containerSecurityContext.runAsGroup: {containerSecurityContext: {runAsGroup: 5}}
            containerSecurityContext.capabilities.drop: {containerSecurityContext: {capabilities: {drop: [KILL]}}}
            resources.requests.cpu: {resources: {requests: {cpu: 1}}}
            resources.requests.memory: {resources: {requests: {memory: 1Gi}}}
            resources.limits.memory: {resources: {limits: {memory: 1Gi}}}
            updateStrategy.type: {updateStrategy: {type: Recreate}}
            updateStrategy.rollingUpdate.maxUnavailable: {updateStrategy: {rollingUpdate: {maxUnavailable: 1}}}
            updateStrategy.rollingUpdate.maxSurge: {updateStrategy: {rollingUpdate: {maxSurge: 2}}}
            podDisruptionBudget.enabled: {podDisruptionBudget: {enabled: false}}
            podDisruptionBudget.maxUnavailable: {podDisruptionBudget: {maxUnavailable: 50%}}
            topologySpreadConstraints: {topologySpreadConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule}]}
            nodeSelector: {nodeSelector: {a: b}}
            tolerations: {tolerations: [{key: a, operator: Exists}]}
            affinity: {affinity: {nodeAffinity: {}}}
            priorityClassName: {priorityClassName: system-cluster-critical}
            hostNetwork: {hostNetwork: true}
            dnsPolicy: {dnsPolicy: ClusterFirstWithHostNet}
            commonLabels: {commonLabels: {a: b}}
            commonAnnotations: {commonAnnotations: {a: b}}
            podLabels: {podLabels: {a: b}}
            podAnnotations: {podAnnotations: {a: b}}
            networkPolicy.enabled: {networkPolicy: {enabled: true}}
            networkPolicy.operatorPodSelector.matchLabels.app\\.kubernetes\\.io/name: {networkPolicy: {enabled: true, operatorPodSelector: {matchLabels: {app.kubernetes.io/name: other}}}}
            networkPolicy.metricsFrom: {networkPolicy: {enabled: true, metricsFrom: [{namespaceSelector: {}}]}}
            networkPolicy.egress: {networkPolicy: {enabled: true, egress: [{}]}}
            monitoring.podMonitor.enabled: {monitoring: {podMonitor: {enabled: true}}}
            monitoring.podMonitor.labels: {monitoring: {podMonitor: {enabled: true, labels: {a: b}}}}
            monitoring.podMonitor.interval: {monitoring: {podMonitor: {enabled: true, interval: 5s}}}
            monitoring.podMonitor.namespaces: {monitoring: {podMonitor: {enabled: true, namespaces: [shop]}}}
            monitoring.prometheusRule.enabled: {monitoring: {prometheusRule: {enabled: true}}}
            monitoring.prometheusRule.labels: {monitoring: {prometheusRule: {enabled: true, labels: {a: b}}}}
            monitoring.dashboard.enabled: {monitoring: {dashboard: {enabled: true}}}
            monitoring.dashboard.labels.grafana_dashboard: {monitoring: {dashboard: {enabled: true, labels: {grafana_dashboard: yes-please}}}}
            monitoring.dashboard.annotations: {monitoring: {dashboard: {enabled: true, annotations: {a: b}}}}
            """);

    private PluginValues() {}

    /** Values in JSON, which is YAML, by the path of the value; dots within a key are escaped. */
    static Map<String, String> effects() {
        return EFFECTS;
    }

    /** The paths of everything that is not an object with fields. */
    static void leaves(String path, JsonNode node, Set<String> leaves) {
        if (!node.isObject() || node.isEmpty()) {
            leaves.add(path);
        } else {
            node.properties().forEach(field -> {
                String name = field.getKey().replace(".", "\\.");
                leaves(path.isEmpty() ? name : path + "." + name, field.getValue(), leaves);
            });
        }
    }

    /** The values less the one. */
    static String without(String path, String values) {
        JsonNode root = Chart.json(values);
        String[] names = path.split("(?<!\\\\)\\.", -1);
        JsonNode at = root;
        for (int i = 0; i < names.length - 1; i++) {
            at = at.path(names[i].replace("\\.", "."));
        }
        ((ObjectNode) at).remove(names[names.length - 1].replace("\\.", "."));
        removeEmptyObjects(root);
        return root.toString();
    }

    /** So that what is left is the same text for many values. */
    private static void removeEmptyObjects(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> removeEmptyObjects(field.getValue()));
            object.properties()
                    .removeIf(field ->
                            field.getValue().isObject() && field.getValue().isEmpty());
        }
    }

    private static Map<String, String> effectsOf(String table) {
        Map<String, String> effects = new TreeMap<>();
        for (String line : table.lines().toList()) {
            int colon = line.indexOf(": {");
            effects.put(
                    line.substring(0, colon),
                    Chart.parse(line.substring(colon + 2)).get(0).toString());
        }
        return effects;
    }
}
