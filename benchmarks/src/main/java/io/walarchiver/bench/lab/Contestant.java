package io.walarchiver.bench.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Somebody who archives and restores. Segments that are fetched were pushed by the same contestant before. */
interface Contestant extends AutoCloseable {

    /** The name in tables. */
    String name();

    /** True when it has processes that stay between rounds and so can be warmed up. */
    boolean isResident();

    /** True when it takes part. */
    boolean knows(Discipline discipline);

    /** Archives segments, or restores them and compares them byte by byte, and measures that. */
    Measurement run(Discipline discipline, List<Path> segments) throws IOException;

    @Override
    void close();
}
