package io.walarchiver.backup.base;

import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.wal.SegmentSize;
import java.util.List;

/**
 * What a server knows about itself, as far as a backup needs it.
 *
 * @param version               as {@code server_version_num}, for example 170004
 * @param systemIdentifier      identifies the cluster (unsigned)
 * @param inRecovery            true for a standby
 * @param archiveMode           the setting {@code archive_mode}
 * @param dataDirectory         the setting {@code data_directory}
 * @param segmentSize           size of a WAL segment
 * @param blockSize             size of a data page in bytes
 * @param relationSegmentBlocks pages in each file of a relation but the last
 * @param configFile            path of {@code postgresql.conf}
 * @param hbaFile               path of {@code pg_hba.conf}
 * @param identFile             path of {@code pg_ident.conf}
 * @param includedFiles         paths of other files that settings come from
 * @param tablespaces           those with a directory of their own, in ascending order of their oids
 * @param clusterSizeBytes      size of all tablespaces, the default ones included
 */
public record ServerFacts(
        int version,
        long systemIdentifier,
        boolean inRecovery,
        ArchiveMode archiveMode,
        String dataDirectory,
        SegmentSize segmentSize,
        int blockSize,
        int relationSegmentBlocks,
        String configFile,
        String hbaFile,
        String identFile,
        List<String> includedFiles,
        List<TablespaceLocation> tablespaces,
        long clusterSizeBytes) {

    /** Whether a server archives WAL. */
    public enum ArchiveMode {
        OFF,
        /** While it is a primary. */
        ON,
        /** Also while it is a standby. */
        ALWAYS
    }

    private static final int VERSIONS_PER_MAJOR = 10_000;

    public ServerFacts {
        if (version < VERSIONS_PER_MAJOR) {
            throw new IllegalArgumentException("not a server version: " + version);
        }
        includedFiles = List.copyOf(includedFiles);
        tablespaces = List.copyOf(tablespaces);
    }

    /** For example 17. */
    public int majorVersion() {
        return version / VERSIONS_PER_MAJOR;
    }

    /** True when ending backup mode waits until the WAL the backup needs is archived. */
    public boolean stopWaitsForArchive() {
        return inRecovery ? archiveMode == ArchiveMode.ALWAYS : archiveMode != ArchiveMode.OFF;
    }
}
