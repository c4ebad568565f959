package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.BackupInfoFormat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordCheckTest {

    private static List<String> problems(Map<String, String> record) {
        String text = record.entrySet().stream()
                .map(line -> line.getKey() + "=" + line.getValue())
                .collect(Collectors.joining("\n"));
        return RecordCheck.problems(BackupInfoFormat.parse(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aSoundRecordHasNoProblem() {
        assertThat(problems(VerificationFixture.record())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "begin_wal     | 000000010000000000000004     | begin_xlog 0/300028 is not in begin_wal",
                "begin_wal     | 000000020000000000000003     | is not that of begin_wal",
                "begin_offset  | 41                           | begin_offset 41",
                "end_offset    | 0                            | end_offset 0",
                "end_xlog      | 0/300028                     | is not behind begin_xlog",
                "end_xlog      | 0/500001                     | end_xlog 0/500001 is not in end_wal",
                "end_time      | 2031-04-05 06:07:00+00:00    | end_time is before begin_time",
                "end_time      | None                         | lacks a time",
                "timeline      | 2                            | timeline 00000002 is not that of",
                "systemid      | orders                       | not a system identifier",
                "version       | None                         | server's version",
                "error         | failure uploading data (x)   | tells an error",
                "tablespaces   | [('a', 5, '/a'), ('b', 5, '/b')] | two tablespaces have the oid 5",
                "xlog_segment_size | 1073741824               | cannot be a segment",
            })
    void eachContradictionIsTold(String key, String value, String expected) {
        Map<String, String> record = VerificationFixture.record();
        record.put(key, value);

        assertThat(problems(record)).anySatisfy(problem -> assertThat(problem).contains(expected));
    }

    @ParameterizedTest
    @CsvSource({"000000010000000000000004,1048576", "000000010000000000000005,0"})
    void anEndOnABoundaryMayNameEitherSegment(String wal, String offset) {
        Map<String, String> record = VerificationFixture.record();
        record.put("end_xlog", "0/500000");
        record.put("end_wal", wal);
        record.put("end_offset", offset);

        assertThat(problems(record)).isEmpty();
    }
}
