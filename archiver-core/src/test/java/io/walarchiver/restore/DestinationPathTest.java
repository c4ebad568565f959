package io.walarchiver.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DestinationPathTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "/a/data/pg_wal/X, /a/data, /a/data/pg_wal, /a/data/pg_wal/X",
                "/a/data/a/data/pg_wal/X, /a/data, /a/data/pg_wal, /a/data/pg_wal/X",
                // The directory exists as given: somebody means it.
                "/a/data/a/data/pg_wal/X, /a/data, /a/data/pg_wal:/a/data/a/data/pg_wal, /a/data/a/data/pg_wal/X",
                // Neither exists: the error names what was asked for.
                "/a/data/a/data/pg_wal/X, /a/data, -, /a/data/a/data/pg_wal/X",
                "/b/pg_wal/X, /a/data, /a/data/pg_wal, /b/pg_wal/X",
                "/a/data2/a/data/pg_wal/X, /a/data, /a/data/pg_wal, /a/data2/a/data/pg_wal/X",
                "pg_wal/X, /a/data, /a/data/pg_wal, pg_wal/X",
                "/pg_wal/X, /, /pg_wal, /pg_wal/X",
                "/a/data, /a/data, /a, /a/data",
            })
    void pgdataIsStrippedOnceWhenOnlyThatMakesSense(Path destination, Path data, String directories, Path expected) {
        List<Path> existing = directories == null
                ? List.of()
                : Arrays.stream(directories.split(":")).map(Path::of).toList();

        assertThat(DestinationPath.resolve(destination, data, existing::contains))
                .isEqualTo(expected);
    }
}
