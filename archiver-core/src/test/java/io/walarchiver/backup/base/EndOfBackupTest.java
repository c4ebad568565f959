package io.walarchiver.backup.base;

import static io.walarchiver.backup.base.BackupFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.base.ScriptedSession.Call;
import io.walarchiver.backup.base.ServerFacts.ArchiveMode;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What happens after the data was copied: stop on a primary, WAL of another server on a standby. */
@Timeout(120)
class EndOfBackupTest {

    private static final WalSegmentName LAST = WalSegmentName.parse("0000000A000000020000003F");

    @TempDir
    Path directory;

    private BackupFixture fixture;
    private final List<WalSegmentName> asked = Collections.synchronizedList(new ArrayList<>());
    private VirtualTimeScheduler time;

    @BeforeEach
    void open() throws IOException {
        fixture = new BackupFixture(directory);
        fixture.timer.dispose();
        time = VirtualTimeScheduler.create();
        fixture.timer = time;
        fixture.presence = segment -> Mono.fromCallable(() -> {
            asked.add(segment);
            return false;
        });
    }

    @AfterEach
    void close() {
        fixture.assertNothingHeld();
        fixture.close();
    }

    private void standby() {
        fixture.session.facts(BackupFixture.standby(fixture.session.facts()));
    }

    private void awaitPhase(BackupPhase phase) {
        Awaitility.await().atMost(PATIENCE).until(() -> fixture.recorder.phases.contains(phase));
    }

    @Test
    void onAPrimaryTheServerHasWaitedItself() {
        fixture.take();
        assertThat(asked).isEmpty();
        assertThat(fixture.recorder.phases).doesNotContain(BackupPhase.WAITING_FOR_WAL);
    }

    @Test
    void aStandbyIsNotAskedForWhatItCannotDo() {
        standby();
        fixture.presence = segment -> Mono.just(true);

        CompletedBackup backup = fixture.take();

        assertThat(backup.fromStandby()).isTrue();
        assertThat(fixture.session.calls).doesNotContain(Call.RESTORE_POINT, Call.SWITCH_WAL);
        assertThat(fixture.recorder.without).isEmpty();
    }

    @Test
    void aStandbyBackupIsDoneWhenItsLastSegmentIsArchived() {
        standby();
        fixture.presence = segment -> Mono.fromCallable(() -> {
            asked.add(segment);
            return asked.size() == 4;
        });

        StepVerifier.create(fixture.backup().take(Optional.empty()))
                .then(() -> {
                    awaitPhase(BackupPhase.WAITING_FOR_WAL);
                    Awaitility.await().atMost(PATIENCE).until(() -> asked.size() == 1);
                    assertThat(fixture.session.open).as("the session").isFalse();
                    assertThat(fixture.recorded()).isEmpty();
                    time.advanceTimeBy(Duration.ofSeconds(1));
                    assertThat(asked).hasSize(2);
                    time.advanceTimeBy(Duration.ofSeconds(2));
                    assertThat(asked).hasSize(3);
                    time.advanceTimeBy(Duration.ofSeconds(3));
                    assertThat(asked).hasSize(3);
                    time.advanceTimeBy(Duration.ofSeconds(1));
                })
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);

        assertThat(asked).hasSize(4).containsOnly(LAST);
        assertThat(fixture.record(fixture.recorded().get(0)).isUsable()).isTrue();
    }

    @Test
    void anEndOnTheBoundaryNeedsTheSegmentBeforeIt() {
        standby();
        fixture.session.stopsAt(Lsn.parse("2/40000000"));
        fixture.presence = segment -> Mono.fromCallable(() -> {
            asked.add(segment);
            return true;
        });

        CompletedBackup backup = fixture.take();

        assertThat(asked).containsExactly(LAST);
        assertThat(backup.endWal()).isEqualTo(WalSegmentName.parse("0000000A0000000200000040"));
        BackupInfo record = fixture.record(backup.id());
        assertThat(record.end().segment()).hasValue(WalSegmentName.parse("0000000A0000000200000040"));
        assertThat(record.end().offset()).hasValue(0);
    }

    @Test
    void aSegmentThatNeverComesFailsTheBackupAndIsNamed() {
        standby();
        fixture.settings(settings -> settings.withWalPatience(Duration.ofMinutes(20)));

        StepVerifier.create(fixture.backup().take(Optional.empty()))
                .then(() -> {
                    awaitPhase(BackupPhase.WAITING_FOR_WAL);
                    Awaitility.await().atMost(PATIENCE).until(() -> asked.size() == 1);
                    time.advanceTimeBy(Duration.ofMinutes(20));
                })
                .expectErrorSatisfies(failure -> assertThat(failure)
                        .isInstanceOf(BackupException.WalNotArchived.class)
                        .hasMessageContaining(LAST.toString())
                        .hasMessageContaining("PT20M"))
                .verify(PATIENCE);

        // Seconds at first, later twice a minute.
        assertThat(asked).hasSizeBetween(40, 50);
        // The twentieth falls together with the end.
        assertThat(fixture.recorder.waits).hasSizeBetween(19, 20).allMatch(what -> what.contains(LAST.toString()));
        BackupInfo record = fixture.record(fixture.recorded().get(0));
        assertThat(record.status()).isEqualTo(BackupStatus.FAILED);
        assertThat(record.end()).isEqualTo(LogPosition.UNKNOWN);
        assertThat(record.error().orElseThrow()).startsWith("failure waiting for WAL (WAL segment " + LAST);
    }

    @Test
    void aStoreThatIsBusyIsAskedAgain() {
        standby();
        fixture.presence = segment -> Mono.defer(() -> {
            asked.add(segment);
            return asked.size() < 3
                    ? Mono.error(new StoreException.Unavailable("scripted", StoreException.Detail.NONE, null))
                    : Mono.just(true);
        });

        StepVerifier.create(fixture.backup().take(Optional.empty()))
                .then(() -> {
                    awaitPhase(BackupPhase.WAITING_FOR_WAL);
                    Awaitility.await().atMost(PATIENCE).until(() -> asked.size() == 1);
                    time.advanceTimeBy(Duration.ofSeconds(10));
                })
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void aPrimaryThatDoesNotArchiveIsLookedAfterLikeAStandby() {
        ServerFacts facts = fixture.session.facts();
        fixture.session.facts(new ServerFacts(
                facts.version(),
                facts.systemIdentifier(),
                false,
                ArchiveMode.OFF,
                facts.dataDirectory(),
                facts.segmentSize(),
                facts.blockSize(),
                facts.relationSegmentBlocks(),
                facts.configFile(),
                facts.hbaFile(),
                facts.identFile(),
                facts.includedFiles(),
                facts.tablespaces(),
                facts.clusterSizeBytes()));
        fixture.presence = segment -> Mono.fromCallable(() -> asked.add(segment));

        fixture.take();

        assertThat(asked).containsExactly(LAST);
        assertThat(fixture.session.calls).contains(Call.RESTORE_POINT, Call.SWITCH_WAL);
    }

    @Test
    void aWaitingStopIsReportedEveryMinute() {
        fixture.session.hang(Call.STOP);
        BaseBackup backup = fixture.backup();
        Disposable taking = backup.take(Optional.empty()).subscribe();
        Awaitility.await().atMost(PATIENCE).until(() -> fixture.session.calls.contains(Call.STOP));

        time.advanceTimeBy(Duration.ofMinutes(3));
        taking.dispose();
        backup.idle().block(PATIENCE);
        time.advanceTimeBy(Duration.ofMinutes(3));

        assertThat(fixture.recorder.waits).hasSize(3).allMatch(what -> what.contains("pg_stat_archiver"));
    }

    @Test
    void walIsFoundInAnyCompressionAndNotMistaken() {
        WalPresence presence = WalPresence.in(fixture.store, BackupFixture.LAYOUT);
        WalFileName file = new WalFileName.Segment(LAST);
        assertThat(presence.isArchived(LAST).block(PATIENCE)).isFalse();

        for (String other : new String[] {".partial", ".partial.gz", ".00000028.backup", ".unknown", ".gz.tmp"}) {
            fixture.store.place(new ObjectKey(BackupFixture.LAYOUT.walKeyStem(file) + other), new byte[1], Map.of());
        }
        assertThat(presence.isArchived(LAST).block(PATIENCE)).isFalse();

        for (Compression compression : Compression.values()) {
            fixture.store.place(BackupFixture.LAYOUT.walKey(file, compression), new byte[1], Map.of());
            assertThat(presence.isArchived(LAST).block(PATIENCE))
                    .as(compression.name())
                    .isTrue();
            fixture.store.remove(BackupFixture.LAYOUT.walKey(file, compression));
        }
    }
}
