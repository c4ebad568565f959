package io.walarchiver.bridge.kubernetes;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The API group and version of Clusters and Backups, which a vendor's build of the operator may have changed.
 *
 * @param group   such as {@code postgresql.cnpg.io}
 * @param version such as {@code v1}
 */
public record OperatorGroup(String group, String version) {

    /** That of the original operator. */
    public static final OperatorGroup ORIGINAL = new OperatorGroup("postgresql.cnpg.io", "v1");

    /**
     * The one the operator half passes to the sidecars in {@code CUSTOM_CNPG_GROUP} and {@code CUSTOM_CNPG_VERSION}.
     *
     * @param environment the environment of the process
     */
    public static OperatorGroup of(Map<String, String> environment) {
        return new OperatorGroup(
                nonEmpty(environment.get("CUSTOM_CNPG_GROUP")).orElse(ORIGINAL.group),
                nonEmpty(environment.get("CUSTOM_CNPG_VERSION")).orElse(ORIGINAL.version));
    }

    /** The one in the {@code apiVersion} of a Cluster; the original one when it is absent or has no group. */
    public static OperatorGroup ofApiVersion(Optional<String> apiVersion) {
        return apiVersion
                .map(text -> text.split("/", -1))
                .filter(parts -> parts.length == 2 && !parts[0].isEmpty() && !parts[1].isEmpty())
                .map(parts -> new OperatorGroup(parts[0], parts[1]))
                .orElse(ORIGINAL);
    }

    /** {@code group/version}. */
    public String apiVersion() {
        return group + "/" + version;
    }

    /** Clusters of the group. */
    public ResourceKind clusters() {
        return new ResourceKind(group, version, "clusters");
    }

    /** Backups of the group. */
    public ResourceKind backups() {
        return new ResourceKind(group, version, "backups");
    }

    /** ScheduledBackups of the group. */
    public ResourceKind scheduledBackups() {
        return new ResourceKind(group, version, "scheduledbackups");
    }

    private static Optional<String> nonEmpty(@Nullable String text) {
        return Optional.ofNullable(text).filter(value -> !value.isBlank());
    }
}
