package io.walarchiver.sidecar.request;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Data directories without a server. */
public final class DataDirectories {

    private DataDirectories() {}

    /** Makes {@code pg_wal/archive_status} and {@code global} below {@code parent/pgdata}. */
    public static Path empty(Path parent) throws IOException {
        Path pgdata = parent.resolve("pgdata").toAbsolutePath();
        Files.createDirectories(pgdata.resolve("pg_wal/archive_status"));
        Files.createDirectories(pgdata.resolve("global"));
        return pgdata;
    }
}
