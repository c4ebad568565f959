package io.walarchiver.backup.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.wal.Timeline;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The values of a record against the JSON that barman made of the same record. */
class BackupInfoJsonTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void valuesAreThoseOfTheListOfANewRelease() throws Exception {
        List<Map<String, @Nullable Object>> listed = list("backup-list-3.17.json");
        assertThat(values("20261122T092142", "3.4-plain")).isEqualTo(listed.get(0));
        assertThat(values("20261122T092211", "3.4-gzip-timeline2")).isEqualTo(listed.get(1));
    }

    @Test
    void valuesHoldThoseOfTheListOfAnOldRelease() throws Exception {
        List<Map<String, @Nullable Object>> listed = list("backup-list-3.4.json");
        assertThat(values("20261122T092142", "3.4-plain")).containsAllEntriesOf(listed.get(0));
        assertThat(values("20261122T092211", "3.4-gzip-timeline2")).containsAllEntriesOf(listed.get(1));
    }

    @Test
    void valuesAreThoseThatShowPrints() throws Exception {
        Map<String, Map<String, @Nullable Object>> shown =
                JSON.readValue(Samples.bytes("json/backup-show-3.17.json"), new TypeReference<>() {});
        assertThat(values("20261122T092223", "3.17-volumes")).isEqualTo(shown.get("cloud"));
    }

    @Test
    void aRecordThatWasNeverWrittenHasTheValuesItWouldBeReadWith() throws Exception {
        BackupInfo made = new BackupInfo(
                BackupStatus.DONE,
                Optional.of("nightly"),
                Optional.empty(),
                LogPosition.UNKNOWN,
                LogPosition.UNKNOWN,
                Optional.of(new Timeline(10)),
                OptionalInt.of(170004),
                Optional.of("7300000000000000001"),
                16 << 20,
                Optional.empty(),
                List.of(new TablespaceLocation("fast", 24601, "/fast")),
                Map.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                new TreeMap<>());
        Map<String, @Nullable Object> values = printed(new BackupId("20310405T060708"), made);
        assertThat(values)
                .containsEntry("timeline", 10)
                .containsEntry("systemid", "7300000000000000001")
                .containsEntry("tablespaces", List.of(List.of("fast", 24601, "/fast")))
                .containsEntry("begin_time", null)
                .containsEntry("server_name", "cloud");
    }

    @Test
    void whatCannotBeUnderstoodIsShownAsItStands() {
        BackupInfo info = BackupInfoFormat.parse(
                Samples.text("copy_stats={oops", "size=many", "a_new_key=[1]", "backup_name=None"));
        assertThat(BackupInfoJson.values(new BackupId("x"), info))
                .containsEntry("copy_stats", "{oops")
                .containsEntry("size", "many")
                .containsEntry("a_new_key", "[1]")
                .doesNotContainKey("backup_name");
    }

    @Test
    void theDayOfATimeHasTwoPlaces() {
        BackupInfo info = BackupInfoFormat.parse(
                Samples.text("begin_time=2031-04-05 06:07:08+02:00", "end_time=2031-04-15 06:07:08.000010"));
        assertThat(BackupInfoJson.values(new BackupId("x"), info))
                .containsEntry("begin_time", "Sat Apr  5 04:07:08 2031")
                .containsEntry("begin_time_iso", "2031-04-05T04:07:08+00:00")
                .containsEntry("end_time", "Tue Apr 15 06:07:08 2031")
                .containsEntry("end_time_iso", "2031-04-15T06:07:08.000010+00:00");
    }

    private static Map<String, @Nullable Object> values(String id, String sample) throws Exception {
        return printed(new BackupId(id), Samples.info(sample));
    }

    /** Through the printer and back, so that only what JSON can tell apart is compared. */
    private static Map<String, @Nullable Object> printed(BackupId id, BackupInfo info) throws Exception {
        return JSON.readValue(
                JSON.writeValueAsBytes(BackupInfoJson.values(id, info)),
                new TypeReference<HashMap<String, @Nullable Object>>() {});
    }

    private static List<Map<String, @Nullable Object>> list(String file) throws Exception {
        Map<String, List<Map<String, @Nullable Object>>> listed =
                JSON.readValue(Samples.bytes("json/" + file), new TypeReference<>() {});
        return listed.getOrDefault("backups_list", List.of());
    }
}
