package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.kubernetes.ResourceKind;
import java.util.ArrayList;
import java.util.List;

/** What the operator half must be allowed to do, where it works. The chart gives these rights and no others. */
public final class OperatorRights {

    private OperatorRights() {}

    /**
     * All of them, for all names.
     *
     * @param cnpgGroup the API group of Clusters
     */
    public static List<Right> needed(String cnpgGroup) {
        List<Right> rights = new ArrayList<>();
        String stores = ResourceKind.OBJECT_STORES.plural();
        String group = ResourceKind.OBJECT_STORES.group();
        add(rights, "", ResourceKind.SECRETS.plural(), "get", "list", "watch");
        add(rights, group, stores, "get", "list", "watch");
        add(rights, group, stores + "/status", "get", "patch", "update");
        for (String resource : List.of("roles", "rolebindings")) {
            add(rights, "rbac.authorization.k8s.io", resource, "create", "get", "list", "patch", "update", "watch");
        }
        add(rights, cnpgGroup, "clusters/finalizers", "update");
        for (String resource : List.of("backups", "clusters", "scheduledbackups")) {
            add(rights, cnpgGroup, resource, "list");
        }
        add(rights, "", "events", "create", "patch");
        return rights;
    }

    private static void add(List<Right> rights, String group, String resource, String... verbs) {
        for (String verb : verbs) {
            rights.add(new Right(verb, group, resource, ""));
        }
    }
}
