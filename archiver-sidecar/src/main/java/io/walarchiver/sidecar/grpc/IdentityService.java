package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesResponse;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataResponse;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability;
import io.walarchiver.bridge.cnpgi.identity.ProbeRequest;
import io.walarchiver.bridge.cnpgi.identity.ProbeResponse;
import io.walarchiver.sidecar.settings.PluginName;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Who we are and what we offer. Asked again on every connection, that is for every WAL file, so everything is ready
 * made.
 */
final class IdentityService extends IdentityGrpc.IdentityImplBase {

    /** What people call us. */
    static final String DISPLAY_NAME = "wal-archiver";

    private final GetPluginMetadataResponse metadata;
    private final GetPluginCapabilitiesResponse capabilities;

    /** @param offered in the order in which the caller asks about them */
    IdentityService(PluginName name, String version, List<PluginCapability.Service.Type> offered) {
        metadata = GetPluginMetadataResponse.newBuilder()
                .setName(name.value())
                .setVersion(version)
                .setDisplayName(DISPLAY_NAME)
                .setDescription(
                        "WAL archiving and base backups in object storage, compatible with Barman Cloud archives")
                .setLicense("Apache-2.0")
                .setLicenseUrl("https://www.apache.org/licenses/LICENSE-2.0")
                .setMaturity("alpha")
                .build();
        GetPluginCapabilitiesResponse.Builder all = GetPluginCapabilitiesResponse.newBuilder();
        // The operator dereferences the oneof member without looking: an element without it crashes the operator.
        offered.forEach(type -> all.addCapabilities(PluginCapability.newBuilder()
                .setService(PluginCapability.Service.newBuilder().setType(type))));
        capabilities = all.build();
    }

    @Override
    public void getPluginMetadata(
            GetPluginMetadataRequest request, StreamObserver<GetPluginMetadataResponse> observer) {
        UnaryCall.answer(Mono.just(metadata), observer);
    }

    @Override
    public void getPluginCapabilities(
            GetPluginCapabilitiesRequest request, StreamObserver<GetPluginCapabilitiesResponse> observer) {
        UnaryCall.answer(Mono.just(capabilities), observer);
    }

    @Override
    public void probe(ProbeRequest request, StreamObserver<ProbeResponse> observer) {
        // A failing probe would keep PostgreSQL from archiving at all; Archive itself says better what is wrong.
        UnaryCall.answer(Mono.just(ProbeResponse.newBuilder().setReady(true).build()), observer);
    }
}
