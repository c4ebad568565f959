package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.objectstore.SecretData;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreProblem;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Whether a store that a Cluster names is there, means something, and finds its Secrets. */
final class StoreCheck {

    private static final String STORE = "store";
    private static final String SECRET = "store secret";
    private static final String READY = "store ready";

    private StoreCheck() {}

    static void examine(String namespace, String name, NamespaceEvidence seen, Findings findings) {
        String subject = namespace + "/" + name;
        if (findings.unseen(STORE, subject, seen.stores())) {
            return;
        }
        Optional<ObjectNode> tree = NamespaceEvidence.named(seen.stores(), name);
        if (tree.isEmpty()) {
            findings.fail(
                    STORE,
                    subject,
                    "there is no such ObjectStore in the namespace of the Cluster",
                    "create it, or correct the parameter barmanObjectName of the plugin");
            return;
        }
        try {
            ObjectStoreResource resource = ObjectStoreResource.read(tree.orElseThrow());
            resolve(subject, resource, seen.secrets(), findings);
        } catch (InvalidStoreException e) {
            findings.fail(STORE, subject, problems(e.problems(), problem -> true), "correct the ObjectStore");
        }
        ready(subject, tree.orElseThrow(), findings);
    }

    private static void resolve(
            String subject, ObjectStoreResource resource, Map<String, Sight<ObjectNode>> secrets, Findings findings) {
        for (String name : resource.secretNames()) {
            if (findings.unseen(SECRET, subject, secrets.getOrDefault(name, new Sight.Absent<>()))) {
                // Without them nothing more can be said, and it is not known whether they are wrong.
                findings.ok(STORE, subject, "can be read; what its Secrets hold is not visible");
                return;
            }
        }
        try {
            StoreConfiguration configuration = resource.resolve(name ->
                    secrets.getOrDefault(name, new Sight.Absent<>()).found().flatMap(StoreCheck::readable));
            if (configuration.warnings().isEmpty()) {
                findings.ok(STORE, subject, configuration.destinationPath());
            } else {
                findings.warn(
                        STORE, subject, problems(configuration.warnings(), problem -> true), "correct the ObjectStore");
            }
            if (!resource.secretNames().isEmpty()) {
                findings.ok(SECRET, subject, "has the keys of " + String.join(", ", resource.secretNames()));
            }
        } catch (InvalidStoreException e) {
            // The one kind of problem that is mended in the Secret and not in the ObjectStore.
            Predicate<StoreProblem> ofSecrets = problem -> problem.message().contains("Secret \"");
            String inStore = problems(e.problems(), ofSecrets.negate());
            String inSecrets = problems(e.problems(), ofSecrets);
            if (inStore.isEmpty()) {
                findings.ok(STORE, subject, "its fields fit together");
            } else {
                findings.fail(STORE, subject, inStore, "correct the ObjectStore");
            }
            if (!inSecrets.isEmpty()) {
                findings.fail(
                        SECRET, subject, inSecrets, "create or correct the Secret, in the namespace of the store");
            }
        }
    }

    private static Optional<SecretData> readable(ObjectNode secret) {
        try {
            return Optional.of(SecretData.read(secret));
        } catch (InvalidStoreException e) {
            return Optional.empty();
        }
    }

    private static void ready(String subject, JsonNode tree, Findings findings) {
        Optional<JsonNode> ready = Fields.condition(tree.at("/status/conditions"), "Ready");
        if (ready.isEmpty()) {
            findings.warn(
                    READY,
                    subject,
                    "the plugin has not said yet whether it can use the store",
                    "no Cluster reported on it yet, or the line resource here tells why");
        } else if (Fields.isStatus(ready.orElseThrow(), "True")) {
            findings.ok(READY, subject, "the plugin can use it");
        } else {
            findings.fail(READY, subject, Fields.words(ready.orElseThrow()), "what the message says");
        }
    }

    private static String problems(List<StoreProblem> problems, Predicate<StoreProblem> which) {
        return problems.stream().filter(which).map(StoreProblem::toString).collect(Collectors.joining("; "));
    }
}
