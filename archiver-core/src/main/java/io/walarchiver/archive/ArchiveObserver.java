package io.walarchiver.archive;

import io.walarchiver.wal.WalFileName;
import java.time.Duration;

/** Is told what the archive pipeline does, for logs and metrics. Must be quick and must not throw. */
public interface ArchiveObserver {

    /** Ignores everything. */
    ArchiveObserver NONE = new ArchiveObserver() {};

    /** A file became durable. Called once per file that went through the pipeline. */
    default void archived(ArchivedFile file) {}

    /** A file was not archived this time. */
    default void failed(WalFileName name, boolean asked, ArchiveException failure) {}

    /**
     * A call was answered.
     *
     * @param fromJournal true when the file was durable before the question came
     * @param latency     from question to answer
     */
    default void answered(WalFileName name, boolean fromJournal, Duration latency) {}
}
