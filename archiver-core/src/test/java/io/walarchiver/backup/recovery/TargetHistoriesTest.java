package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TargetHistoriesTest {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("p", "s");

    private final InMemoryObjectStore memory = new InMemoryObjectStore();
    private final FaultyObjectStore store = new FaultyObjectStore(memory);
    private final List<CatalogEntry> catalog = List.of(
            FakeBackup.done("20310405T060708", "000000010000000000000003", Instant.EPOCH)
                    .entry(),
            FakeBackup.done("20310405T060709", "000000020000000000000005", Instant.EPOCH)
                    .entry(),
            FakeBackup.done("20310405T060710", "000000060000000000000005", Instant.EPOCH)
                    .entry());

    private void place(int timeline, Compression compression) {
        memory.place(
                LAYOUT.walKey(new WalFileName.TimelineHistoryFile(new Timeline(timeline)), compression),
                RecoveryFixture.encode(
                        (timeline - 1 + "\t0/A000198\tx\n").getBytes(StandardCharsets.UTF_8), compression),
                Map.of());
    }

    private TimelineHistories read(RecoveryTarget target) {
        return Objects.requireNonNull(
                TargetHistories.read(store, LAYOUT, catalog, target).block(Duration.ofSeconds(20)));
    }

    @Test
    void forTheLatestTimelineThoseThatFollowTheBackupsAreRead() {
        for (int timeline : List.of(2, 3, 5, 7)) {
            place(timeline, Compression.ZSTD);
        }

        TimelineHistories histories = read(RecoveryTarget.latest());

        // 2 and 3 follow; 4 is absent, and nobody asks for 5; 7 follows the backup on 6.
        assertThat(histories.sound().keySet())
                .containsExactlyInAnyOrder(new Timeline(2), new Timeline(3), new Timeline(7));
        assertThat(store.calls(StoreOperation.LIST)).isEqualTo(5);
    }

    @Test
    void forANumberOnlyItsOwnIsRead() {
        place(2, Compression.NONE);
        place(5, Compression.GZIP);

        TimelineHistories histories = read(RecoveryTarget.latest().with(new TargetTimeline.Numbered(new Timeline(5))));

        assertThat(histories.sound()).containsOnlyKeys(new Timeline(5));
    }

    @Test
    void forTheBackupsOwnTimelineNothingIsRead() {
        place(2, Compression.NONE);

        assertThat(read(RecoveryTarget.latest().with(TargetTimeline.CURRENT)).sound())
                .isEmpty();
        assertThat(memory.requests()).isZero();
    }

    @Test
    void aDamagedHistoryIsThereAllTheSame() {
        memory.place(
                LAYOUT.walKey(new WalFileName.TimelineHistoryFile(new Timeline(3)), Compression.NONE),
                new byte[] {'?'},
                Map.of());
        place(4, Compression.NONE);

        TimelineHistories histories = read(RecoveryTarget.latest());

        assertThat(histories.damaged()).containsOnlyKeys(new Timeline(3));
        assertThat(histories.sound()).containsOnlyKeys(new Timeline(4));
    }

    @Test
    void aStoreThatFailsIsNotAnAbsentHistory() {
        store.script(StoreOperation.LIST, Fault.pass(), Fault.unavailable());
        place(2, Compression.NONE);

        assertThatThrownBy(() -> read(RecoveryTarget.latest())).isInstanceOf(RecoveryException.StoreFailed.class);
    }
}
