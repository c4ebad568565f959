package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.request.StoreLookup;
import io.walarchiver.sidecar.settings.StoreFile;
import reactor.core.publisher.Mono;

/** The stores of the file given with {@code --store}, as it was when the process started. */
final class FileStoreLookup implements StoreLookup {

    private final StoreFile stores;

    FileStoreLookup(StoreFile stores) {
        this.stores = stores;
    }

    @Override
    public Mono<StoreConfiguration> find(String name) {
        return Mono.defer(() -> stores.find(name)
                .map(Mono::just)
                .orElseGet(() -> Mono.error(new PreconditionException("there is no ObjectStore \""
                        + name.replaceAll("\\p{Cntrl}", "?") + "\" in the file of --store; it has "
                        + String.join(", ", stores.names())))));
    }
}
