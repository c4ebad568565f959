package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesResponse;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataResponse;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.ProbeRequest;
import io.walarchiver.bridge.cnpgi.identity.ProbeResponse;
import io.walarchiver.bridge.operator.OperatorIdentity;
import reactor.core.publisher.Mono;

/** Who we are and what the operator half offers. Answered from memory: the operator has seconds for all its plugins. */
final class OperatorIdentityService extends IdentityGrpc.IdentityImplBase {

    private final OperatorIdentity identity;

    OperatorIdentityService(OperatorIdentity identity) {
        this.identity = identity;
    }

    @Override
    public void getPluginMetadata(
            GetPluginMetadataRequest request, StreamObserver<GetPluginMetadataResponse> observer) {
        UnaryCall.answer(Mono.just(identity.metadata()), observer);
    }

    @Override
    public void getPluginCapabilities(
            GetPluginCapabilitiesRequest request, StreamObserver<GetPluginCapabilitiesResponse> observer) {
        UnaryCall.answer(Mono.just(OperatorIdentity.capabilities()), observer);
    }

    @Override
    public void probe(ProbeRequest request, StreamObserver<ProbeResponse> observer) {
        // An error here would stop the operator's work for every Cluster that names us; a hook says better what is
        // wrong.
        UnaryCall.answer(Mono.just(ProbeResponse.newBuilder().setReady(true).build()), observer);
    }
}
