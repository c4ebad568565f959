package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.operator.InstanceRights;
import io.walarchiver.bridge.operator.Right;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether the sidecars of a Cluster may read its stores and their Secrets and report on them. */
final class InstanceRightsCheck {

    private static final String RIGHTS = "instance rights";
    private static final String FIX = "the plugin makes it when the operator reconciles the Cluster: look at the lines"
            + " endpoints and plugin rights here, and at the events of the Cluster";

    private InstanceRightsCheck() {}

    static void examine(OurCluster cluster, NamespaceEvidence namespace, Findings findings) {
        InstanceRights rights = cluster.rights();
        if (rights.stores().isEmpty()) {
            return;
        }
        String subject = cluster.namespace() + "/" + rights.name();
        if (findings.unseen(RIGHTS, subject, namespace.roles())
                || findings.unseen(RIGHTS, subject, namespace.bindings())
                || findings.unseen(RIGHTS, subject, namespace.stores())) {
            return;
        }
        Optional<ObjectNode> role = NamespaceEvidence.named(namespace.roles(), rights.name());
        Optional<ObjectNode> binding = NamespaceEvidence.named(namespace.bindings(), rights.name());
        if (role.isEmpty() || binding.isEmpty()) {
            findings.fail(RIGHTS, subject, "there is no such " + (role.isEmpty() ? "Role" : "RoleBinding"), FIX);
            return;
        }
        List<Right> missing = rights.missing(role.orElseThrow(), name -> store(namespace, name));
        if (!missing.isEmpty()) {
            findings.fail(
                    RIGHTS,
                    subject,
                    "the Role does not allow: "
                            + missing.stream().map(Right::toString).collect(Collectors.joining(", ")),
                    FIX);
        } else if (!rights.isBoundBy(binding.orElseThrow())) {
            findings.fail(
                    RIGHTS,
                    subject,
                    "the RoleBinding does not bind the Role to the service account "
                            + cluster.view().serviceAccountName(),
                    "delete the RoleBinding: the plugin makes it anew");
        } else {
            findings.ok(RIGHTS, subject, "allow what the sidecars do");
        }
    }

    private static Optional<ObjectStoreResource> store(NamespaceEvidence namespace, String name) {
        try {
            return NamespaceEvidence.named(namespace.stores(), name).map(ObjectStoreResource::read);
        } catch (InvalidStoreException e) {
            return Optional.empty();
        }
    }
}
