package io.walarchiver.sidecar.doctor;

import io.walarchiver.bridge.kubernetes.ClusterSight;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/** Looks at a cluster and says why the plugin does not work there. Reads only. */
public final class Doctor {

    private Doctor() {}

    /**
     * All findings. What may not be seen, or cannot be read, is a finding, too.
     *
     * @return an error only when the API gives no answer at all, {@link KubernetesException.Unavailable}
     */
    public static Mono<Diagnosis> examine(ClusterSight api, DoctorOrder order, Clock clock) {
        return api.version()
                .flatMap(version -> new EvidenceReader(api, order, clock)
                        .read()
                        .map(evidence -> new Diagnosis(
                                api.address(),
                                version,
                                evidence.plugin().place().pluginName(),
                                findings(evidence, order))));
    }

    /** The checks, in the order in which one cause leads to the next. */
    static List<Finding> findings(Evidence evidence, DoctorOrder order) {
        Findings findings = new Findings();
        DiscoveryCheck.examine(evidence, findings);
        CertificateCheck.examine(evidence, findings);
        PluginRightsCheck.examine(evidence, findings);
        ResourceCheck.examine(evidence, findings);
        ClusterCheck.examine(evidence, order, findings);
        List<OurCluster> clusters = OurCluster.among(
                evidence.clusters().found().orElse(List.of()),
                evidence.plugin().place().pluginName());
        Map<String, NamespaceEvidence> stores = new LinkedHashMap<>();
        for (OurCluster cluster : clusters) {
            NamespaceEvidence namespace = evidence.namespaces().get(cluster.namespace());
            ClusterCheck.examine(cluster, findings);
            if (namespace == null) {
                continue;
            }
            SidecarCheck.examine(evidence, cluster, namespace, findings);
            InstanceRightsCheck.examine(cluster, namespace, findings);
            for (String store : cluster.rights().stores()) {
                if (stores.putIfAbsent(cluster.namespace() + "/" + store, namespace) == null) {
                    StoreCheck.examine(cluster.namespace(), store, namespace, findings);
                }
            }
            ArchiveCheck.examine(evidence, cluster, namespace, findings);
            BackupCheck.examine(evidence, cluster, namespace, findings);
        }
        ArchiveCheck.examineTogether(evidence, clusters, findings);
        return findings.all();
    }
}
