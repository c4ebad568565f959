package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.objectstore.ObjectStoreResource;

/**
 * A kind of namespaced object, as the paths of the API name it.
 *
 * @param group   empty for the core group
 * @param version such as {@code v1}
 * @param plural  such as {@code secrets}
 */
public record ResourceKind(String group, String version, String plural) {

    /** {@code objectstores.barmancloud.cnpg.io}. */
    public static final ResourceKind OBJECT_STORES = new ResourceKind(ObjectStoreResource.GROUP, "v1", "objectstores");

    /** Secrets of the core group. */
    public static final ResourceKind SECRETS = new ResourceKind("", "v1", "secrets");

    static final ResourceKind EVENTS = new ResourceKind("", "v1", "events");

    /** {@code apiVersion} of its objects. */
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** The path of all objects of the kind in a namespace, without a slash at its beginning. */
    String path(String namespace) {
        return root() + "/namespaces/" + namespace + "/" + plural;
    }

    /** The path of all objects of the kind in a scope, without a slash at its beginning. */
    String path(KubernetesCollections.Scope scope) {
        return scope.namespace().map(this::path).orElseGet(() -> root() + "/" + plural);
    }

    private String root() {
        return (group.isEmpty() ? "api/" : "apis/" + group + "/") + version;
    }

    @Override
    public String toString() {
        return group.isEmpty() ? plural : plural + "." + group;
    }
}
