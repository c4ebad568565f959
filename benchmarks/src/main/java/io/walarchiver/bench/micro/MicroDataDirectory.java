package io.walarchiver.bench.micro;

import io.walarchiver.bench.postgres.WalCorpus;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A data directory as far as the pipelines look at it, with recorded segments that are not marked ready.
 *
 * @param path  the directory
 * @param names the segments in it, in order
 */
record MicroDataDirectory(Path path, List<WalFileName> names) {

    MicroDataDirectory {
        names = List.copyOf(names);
    }

    static MicroDataDirectory create(Path path) throws IOException {
        WalCorpus corpus = RecordedWal.corpus();
        Files.createDirectories(path.resolve("global"));
        Files.createDirectories(path.resolve("pg_wal/archive_status"));
        Files.copy(corpus.home().resolve("pg_control"), path.resolve("global/pg_control"));
        List<WalFileName> names = new ArrayList<>();
        for (Path segment : corpus.oltp()) {
            String name = segment.getFileName().toString();
            Files.copy(segment, path.resolve("pg_wal").resolve(name));
            names.add(WalFileName.parse(name));
        }
        return new MicroDataDirectory(path, names);
    }
}
