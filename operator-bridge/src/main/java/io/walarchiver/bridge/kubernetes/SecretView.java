package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.kubernetes.ResourceWatch.Observation;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.SecretData;
import java.util.Optional;

/**
 * A Secret.
 *
 * @param data    the last one seen; empty when the API says that there is none
 * @param trouble why it is not known to be the present one
 */
record SecretView(Optional<SecretData> data, Optional<StoreTrouble> trouble) {

    static final SecretView UNKNOWN = new SecretView(Optional.empty(), Optional.empty());

    SecretView next(Observation observation) {
        if (observation instanceof Observation.Present present) {
            try {
                return new SecretView(Optional.of(SecretData.read(present.object())), Optional.empty());
            } catch (InvalidStoreException e) {
                return new SecretView(data, Optional.of(StoreTrouble.of(StoreTrouble.Reason.INVALID_STORE, e)));
            }
        }
        if (observation instanceof Observation.Failed failed) {
            return new SecretView(data, Optional.of(StoreTrouble.of(failed.error())));
        }
        return UNKNOWN;
    }
}
