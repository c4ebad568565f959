package io.walarchiver.store;

/**
 * What every {@link ObjectStore} and every decorator of one must do. A test class implements this interface and says
 * which store to test; a capability a store does not have is overridden with the reason, and the suite then checks that
 * the store says so instead of pretending.
 */
public interface ObjectStoreContract
        extends ObjectStoreWriteContract, ObjectStoreReadContract, ObjectStoreListContract, MultipartUploadContract {}
