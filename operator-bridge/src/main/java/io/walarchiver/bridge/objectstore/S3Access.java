package io.walarchiver.bridge.objectstore;

import java.util.Optional;

/** Who the requests to an S3 store are made as. */
public sealed interface S3Access {

    /** Keys out of Secrets. */
    record StaticKeys(SecretText accessKeyId, SecretText secretAccessKey, Optional<SecretText> sessionToken)
            implements S3Access {}

    /**
     * What the surroundings offer: web identity token, container credentials, instance metadata.
     *
     * @param profile a profile of the shared configuration files; empty for the default one
     */
    record DefaultChain(Optional<String> profile) implements S3Access {}
}
