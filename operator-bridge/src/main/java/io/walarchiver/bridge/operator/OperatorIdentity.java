package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesResponse;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataResponse;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilities;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilitiesResponse;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorOperationType;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapability;

/**
 * How the operator half presents itself. Asked on every connection, so everything is ready made.
 *
 * <p>Every element has its member set: the operator dereferences it without looking.
 */
public final class OperatorIdentity {

    private final GetPluginMetadataResponse metadata;

    /** Ready made from the settings. */
    public OperatorIdentity(OperatorSettings settings) {
        metadata = GetPluginMetadataResponse.newBuilder()
                .setName(settings.pluginName())
                .setVersion(settings.version())
                .setDisplayName("wal-archiver")
                .setDescription("WAL archiving and backups to object storage, compatible with Barman Cloud archives")
                .setLicense("Apache-2.0")
                .setLicenseUrl("https://www.apache.org/licenses/LICENSE-2.0")
                .setMaturity("alpha")
                .build();
    }

    /** Answer of {@code Identity.GetPluginMetadata}. */
    public GetPluginMetadataResponse metadata() {
        return metadata;
    }

    /** Answer of {@code Identity.GetPluginCapabilities}. */
    public static GetPluginCapabilitiesResponse capabilities() {
        return GetPluginCapabilitiesResponse.newBuilder()
                .addCapabilities(capability(PluginCapability.Service.Type.TYPE_LIFECYCLE_SERVICE))
                .addCapabilities(capability(PluginCapability.Service.Type.TYPE_RECONCILER_HOOKS))
                .addCapabilities(capability(PluginCapability.Service.Type.TYPE_INSTANCE_SIDECAR_INJECTION))
                .build();
    }

    /** Answer of {@code OperatorLifecycle.GetCapabilities}. */
    public static OperatorLifecycleCapabilitiesResponse lifecycleCapabilities() {
        return OperatorLifecycleCapabilitiesResponse.newBuilder()
                .addLifecycleCapabilities(OperatorLifecycleCapabilities.newBuilder()
                        .setGroup("")
                        .setKind("Pod")
                        .addOperationTypes(operation(OperatorOperationType.Type.TYPE_CREATE))
                        .addOperationTypes(operation(OperatorOperationType.Type.TYPE_EVALUATE)))
                .addLifecycleCapabilities(OperatorLifecycleCapabilities.newBuilder()
                        .setGroup("batch")
                        .setKind("Job")
                        .addOperationTypes(operation(OperatorOperationType.Type.TYPE_CREATE)))
                .build();
    }

    /** Answer of {@code ReconcilerHooks.GetCapabilities}. */
    public static ReconcilerHooksCapabilitiesResult reconcilerCapabilities() {
        return ReconcilerHooksCapabilitiesResult.newBuilder()
                .addReconcilerCapabilities(
                        ReconcilerHooksCapability.newBuilder().setKind(ReconcilerHooksCapability.Kind.KIND_CLUSTER))
                .addReconcilerCapabilities(
                        ReconcilerHooksCapability.newBuilder().setKind(ReconcilerHooksCapability.Kind.KIND_BACKUP))
                .build();
    }

    private static PluginCapability.Builder capability(PluginCapability.Service.Type type) {
        return PluginCapability.newBuilder()
                .setService(PluginCapability.Service.newBuilder().setType(type));
    }

    private static OperatorOperationType.Builder operation(OperatorOperationType.Type type) {
        return OperatorOperationType.newBuilder().setType(type);
    }
}
