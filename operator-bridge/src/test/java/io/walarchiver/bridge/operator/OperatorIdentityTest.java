package io.walarchiver.bridge.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.InvalidProtocolBufferException;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesResponse;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilities;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorOperationType;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapability;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class OperatorIdentityTest {

    @Test
    void nameIsTheOneOfTheSettingsEverywhere() {
        OperatorIdentity identity = new OperatorIdentity(Documents.SETTINGS);

        assertThat(identity.metadata().getName()).isEqualTo("walarchiver.io");
        assertThat(identity.metadata().getVersion()).isEqualTo("1.2.3");
        assertThat(identity.metadata().getLicenseUrl()).isNotEmpty();
    }

    @Test
    void everyCapabilityHasItsMember() {
        assertThat(OperatorIdentity.capabilities().getCapabilitiesList())
                .allSatisfy(
                        capability -> assertThat(capability.getTypeCase()).isEqualTo(PluginCapability.TypeCase.SERVICE))
                .extracting(capability -> capability.getService().getType())
                .containsExactly(
                        PluginCapability.Service.Type.TYPE_LIFECYCLE_SERVICE,
                        PluginCapability.Service.Type.TYPE_RECONCILER_HOOKS,
                        PluginCapability.Service.Type.TYPE_INSTANCE_SIDECAR_INJECTION);
    }

    @Test
    void capabilitiesAreTheseBytes() throws InvalidProtocolBufferException {
        byte[] bytes = HexFormat.of().parseHex("0a040a0208040a040a0208050a040a020808");

        assertThat(OperatorIdentity.capabilities().toByteArray()).isEqualTo(bytes);
        assertThat(GetPluginCapabilitiesResponse.parseFrom(bytes)).isEqualTo(OperatorIdentity.capabilities());
    }

    @Test
    void podsAreCreatedAndEvaluatedAndJobsCreated() {
        assertThat(OperatorIdentity.lifecycleCapabilities().getLifecycleCapabilitiesList())
                .extracting(OperatorLifecycleCapabilities::getGroup, OperatorLifecycleCapabilities::getKind)
                .containsExactly(tuple("", "Pod"), tuple("batch", "Job"));
        assertThat(OperatorIdentity.lifecycleCapabilities()
                        .getLifecycleCapabilities(0)
                        .getOperationTypesList())
                .extracting(OperatorOperationType::getType)
                .containsExactly(OperatorOperationType.Type.TYPE_CREATE, OperatorOperationType.Type.TYPE_EVALUATE);
        assertThat(OperatorIdentity.lifecycleCapabilities()
                        .getLifecycleCapabilities(1)
                        .getOperationTypesList())
                .extracting(OperatorOperationType::getType)
                .containsExactly(OperatorOperationType.Type.TYPE_CREATE);
    }

    @Test
    void clustersAndBackupsAreReconciled() {
        assertThat(OperatorIdentity.reconcilerCapabilities().getReconcilerCapabilitiesList())
                .extracting(ReconcilerHooksCapability::getKind)
                .containsExactly(
                        ReconcilerHooksCapability.Kind.KIND_CLUSTER, ReconcilerHooksCapability.Kind.KIND_BACKUP);
    }
}
