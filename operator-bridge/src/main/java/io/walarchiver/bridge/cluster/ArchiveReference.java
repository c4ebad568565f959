package io.walarchiver.bridge.cluster;

/**
 * One archive: a server within a store.
 *
 * @param storeName  {@code metadata.name} of an ObjectStore in the namespace of the Cluster
 * @param serverName the first part of every key below the store's destination
 */
public record ArchiveReference(String storeName, String serverName) {

    /** Neither name may be empty. */
    public ArchiveReference {
        if (storeName.isEmpty() || serverName.isEmpty()) {
            throw new IllegalArgumentException("an archive needs a store and a server name");
        }
    }
}
