package io.walarchiver.bench.backup;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.bench.service.Distribution;
import io.walarchiver.bench.service.StoreFile;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command line of the distribution. */
record Ours(Distribution distribution, DataSet data, S3ServerProcess server, int jobs, String compression)
        implements BackupTool {

    static final String NAME = "wal-archiver";

    private static final Pattern WAL =
            Pattern.compile("\"beginWal\"\\s*:\\s*\"(\\w{24})\".*\"endWal\"\\s*:\\s*\"(\\w{24})\"");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Repository open(Path home, String run) throws IOException {
        Path store = StoreFile.write(home.resolve("store.yaml"), server);
        return new Repository() {
            @Override
            public Map<String, String> environment() {
                // A file of its own, or a variable of this shell would win.
                return Map.of("SSL_CERT_FILE", home.resolve("trusted.pem").toString());
            }

            @Override
            public List<String> backup() {
                return List.of(
                        distribution.program(),
                        "backup",
                        "--store",
                        store.toString(),
                        "--server",
                        run,
                        "--pgdata",
                        data.path().toString(),
                        "-h",
                        data.socket().toString(),
                        "-p",
                        Integer.toString(data.server().port()),
                        "-U",
                        "postgres",
                        "--immediate-checkpoint",
                        "--compression",
                        compression,
                        "-J",
                        Integer.toString(jobs),
                        "--log-level",
                        "warning",
                        "-o",
                        "json");
            }

            /** A restore begins with a proof that the first segment is there; the server itself archives nothing. */
            @Override
            public void settle(String output) throws IOException {
                Matcher matcher = WAL.matcher(output);
                if (!matcher.find()) {
                    throw new IOException("the backup does not tell its WAL:\n" + output);
                }
                WalSegmentName last = WalSegmentName.parse(matcher.group(2));
                for (WalSegmentName segment = WalSegmentName.parse(matcher.group(1));
                        segment.compareTo(last) <= 0;
                        segment = segment.next(SegmentSize.DEFAULT)) {
                    String unused = ChildProcess.run(
                            List.of(
                                    distribution.program(),
                                    "wal-archive",
                                    "--store",
                                    store.toString(),
                                    "--server",
                                    run,
                                    data.path().resolve("pg_wal/" + segment).toString()),
                            environment(),
                            home);
                }
            }

            @Override
            public List<String> restore(Path destination) {
                return List.of(
                        distribution.program(),
                        "recover",
                        "--store",
                        store.toString(),
                        "--server",
                        run,
                        "--pgdata",
                        destination.toString(),
                        "--no-config",
                        "-J",
                        Integer.toString(jobs),
                        "--log-level",
                        "warning");
            }

            @Override
            public String prefix() {
                return StoreFile.PREFIX + "/" + run + "/";
            }
        };
    }
}
