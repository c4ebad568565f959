package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.recovery.BackupChoice;
import io.walarchiver.backup.recovery.RecoveryConfiguration;
import io.walarchiver.backup.recovery.RecoveryConfiguration.Action;
import io.walarchiver.backup.recovery.RecoveryException;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.TargetTimeline;
import io.walarchiver.codec.Compression;
import io.walarchiver.interop.EventLog.Moment;
import io.walarchiver.interop.EventLog.Transaction;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Recovery of real servers by us alone, from backups taken while others write, to every kind of target, along several
 * timelines. The number of rows tells where it stopped.
 */
@Timeout(600)
class PointInTimeRecoveryIT {

    static final List<Integer> VERSIONS = List.of(14, 18);

    @TempDir
    static Path bucket;

    private static EmbeddedS3 server;
    private static ObjectStore store;

    @TempDir
    Path directory;

    private WalArchiver archiver;
    private int major;
    private int recoveries;

    @BeforeAll
    static void start() {
        server = EmbeddedS3.startIn(bucket);
        store = WalArchiver.storeOf(server);
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
    }

    @BeforeEach
    void open() {
        archiver = new WalArchiver(store, "pitr/" + directory.getFileName(), Compression.ZSTD, directory);
    }

    @AfterEach
    void close() {
        archiver.assertNothingHeld();
        archiver.close();
    }

    private Path makeCluster(int version) {
        major = version;
        Path data = directory.resolve("data");
        String unused = PostgresBinaries.of(major).initdb(data, "--wal-segsize=1");
        return data;
    }

    private PostgresServer startArchiving(Path data, Map<String, String> more) {
        WalCommands commands = archiver.commands(data);
        Map<String, String> settings = new HashMap<>(WalArchiver.archivingBy(commands));
        settings.putAll(more);
        return PostgresBinaries.of(major).start(data, settings);
    }

    /** What recovery led to, and from which backup. */
    private record Recovered(BackupId from, long rows, String timeline) {}

    private Recovered recover(RecoveryTarget target) throws IOException {
        Path data = directory.resolve("recovered-" + recoveries++);
        BackupChoice choice = restore(target, data);
        WalCommands commands = archiver.restoreCommands(data);
        new RecoveryConfiguration(commands.restoreCommand(), Action.PROMOTE, Optional.of(target)).installIn(data);
        PostgresBinaries.handOver(data);
        try (PostgresServer recovered = PostgresBinaries.of(major).start(data, Map.of("archive_mode", "off"))) {
            SampleCluster.awaitPrimary(recovered);
            return new Recovered(choice.backup().id(), EventLog.rows(recovered), timeline(recovered));
        } finally {
            assertThat(commands.failures()).isEmpty();
        }
    }

    private BackupChoice restore(RecoveryTarget target, Path data) {
        BackupChoice choice = archiver.restore(target, RestoreDestination.of(data));
        PostgresBinaries.handOver(data);
        return choice;
    }

    private static String timeline(PostgresServer server) {
        return server.query("select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)");
    }

    @ParameterizedTest(name = "PostgreSQL {0}")
    @FieldSource("VERSIONS")
    void recoveryStopsAtEveryKindOfTarget(int version) throws Exception {
        Path data = makeCluster(version);
        CompletedBackup first;
        CompletedBackup second;
        Moment early;
        Moment byTime;
        Moment byPosition;
        Moment byName;
        Transaction transaction;
        Moment afterSecond;
        long atSecond;
        long atEnd;
        try (PostgresServer source = startArchiving(data, Map.of())) {
            EventLog.create(source);
            try (EventLog log = EventLog.write(source)) {
                early = log.moment("early");
                first = archiver.backUp(source, Optional.of("one"), settings -> settings);
                byTime = log.moment("by-time");
                byPosition = log.moment("by-position");
                byName = log.moment("by-name");
                transaction = log.transaction();
                atSecond = EventLog.rows(source);
                second = archiver.backUp(source, Optional.of("two"), settings -> settings);
                afterSecond = log.moment("after-second");
            }
            atEnd = EventLog.rows(source);
            archiver.archiveEverything(source);
        }

        assertThat(recover(RecoveryTarget.time(byTime.time()))).isEqualTo(at(first, byTime.rows()));
        assertThat(recover(RecoveryTarget.lsn(byPosition.lsn()))).isEqualTo(at(first, byPosition.rows()));
        assertThat(recover(RecoveryTarget.name(byName.name()).with(first.id()))).isEqualTo(at(first, byName.rows()));
        assertThat(recover(RecoveryTarget.xid(transaction.xid()).with(first.id())))
                .isEqualTo(at(first, transaction.rows() + 1));
        assertThat(recover(new RecoveryTarget.Xid(
                        transaction.xid(), false, TargetTimeline.LATEST, Optional.of(first.id()))))
                .isEqualTo(at(first, transaction.rows()));
        assertThat(recover(RecoveryTarget.time(afterSecond.time()))).isEqualTo(at(second, afterSecond.rows()));

        Recovered consistent = recover(RecoveryTarget.immediate());
        assertThat(consistent.from()).isEqualTo(second.id());
        assertThat(consistent.rows()).isBetween(atSecond, afterSecond.rows());
        // The end of a backup is the first position it leads to.
        assertThat(recover(new RecoveryTarget.Lsn(second.endLsn(), false, TargetTimeline.LATEST, Optional.empty())))
                .isEqualTo(consistent);

        assertThat(recover(RecoveryTarget.latest())).isEqualTo(at(second, atEnd));
        assertThat(recover(RecoveryTarget.latest().with(first.id()))).isEqualTo(at(first, atEnd));

        for (RecoveryTarget tooEarly : List.of(
                RecoveryTarget.time(early.time()),
                RecoveryTarget.lsn(early.lsn()),
                RecoveryTarget.time(first.stoppedAt().minusMillis(1)))) {
            assertThatThrownBy(() -> archiver.choose(tooEarly))
                    .isInstanceOf(RecoveryException.NoSuitableBackup.class)
                    .hasMessageContaining(tooEarly.toString())
                    .hasMessageContaining(first.id() + ": it ends at")
                    .hasMessageContaining(second.id() + ": it ends at");
        }
    }

    private static Recovered at(CompletedBackup backup, long rows) {
        return at(backup, rows, 2);
    }

    private static Recovered at(CompletedBackup backup, long rows, int timeline) {
        return new Recovered(backup.id(), rows, new Timeline(timeline).toString());
    }

    @ParameterizedTest(name = "PostgreSQL {0}")
    @FieldSource("VERSIONS")
    void recoveryFollowsTimelinesOverTwoPromotions(int version) throws Exception {
        Path data = makeCluster(version);
        Path standbyData = directory.resolve("standby");
        CompletedBackup ofOne;
        CompletedBackup ofTwo;
        Moment onOne;
        long endOfOne;
        Moment onTwo;
        Moment lateOnTwo;
        long endOfTwo;
        try (PostgresServer primary = startArchiving(data, Map.of())) {
            EventLog.create(primary);
            try (EventLog log = EventLog.write(primary)) {
                ofOne = archiver.backUp(primary, Optional.of("of-one"), settings -> settings);
                onOne = log.moment("on-one");
            }
            // A standby that streams knows more than the archive. Then the primary dies.
            BackupChoice unused = restore(RecoveryTarget.latest(), standbyData);
            Files.createFile(standbyData.resolve("standby.signal"));
            try (PostgresServer standby = startArchiving(
                    standbyData, Map.of("primary_conninfo", "host=127.0.0.1 user=postgres port=" + primary.port()))) {
                try (EventLog log = EventLog.write(primary)) {
                    Moment unusedMoment = log.moment("streamed");
                }
                endOfOne = EventLog.rows(primary);
                SampleCluster.awaitReplay(primary, standby);
                primary.crash();
                standby.promote();
                archiver.awaitArchived(new WalFileName.TimelineHistoryFile(new Timeline(2)));
                try (EventLog log = EventLog.write(standby)) {
                    onTwo = log.moment("on-two");
                    ofTwo = archiver.backUp(standby, Optional.of("of-two"), settings -> settings);
                    lateOnTwo = log.moment("late-on-two");
                }
                endOfTwo = EventLog.rows(standby);
                archiver.archiveEverything(standby);
            }
        }
        assertThat(archiver.keys())
                .filteredOn(key -> key.matches("wals/00000001[0-9A-F]{8}/[0-9A-F]{24}\\.partial\\.zst"))
                .hasSize(1);

        // Back to a moment on timeline 2, and on from there on timeline 3.
        Path thirdData = directory.resolve("third");
        RecoveryTarget branch = RecoveryTarget.time(onTwo.time());
        BackupChoice choice = restore(branch, thirdData);
        assertThat(choice.backup().id()).isEqualTo(ofOne.id());
        new RecoveryConfiguration(
                        archiver.restoreCommands(thirdData).restoreCommand(), Action.PROMOTE, Optional.of(branch))
                .installIn(thirdData);
        PostgresBinaries.handOver(thirdData);
        Moment onThree;
        long endOfThree;
        try (PostgresServer third = startArchiving(thirdData, Map.of())) {
            SampleCluster.awaitPrimary(third);
            assertThat(EventLog.rows(third)).isEqualTo(onTwo.rows());
            assertThat(timeline(third)).isEqualTo("00000003");
            try (EventLog log = EventLog.write(third)) {
                onThree = log.moment("on-three");
            }
            endOfThree = EventLog.rows(third);
            archiver.archiveEverything(third);
        }

        // The newest backup does not lead to timeline 3, which left timeline 2 before it.
        assertThat(recover(RecoveryTarget.latest())).isEqualTo(at(ofOne, endOfThree, 4));
        assertThat(recover(RecoveryTarget.lsn(onThree.lsn()))).isEqualTo(at(ofOne, onThree.rows(), 4));
        assertThat(recover(RecoveryTarget.time(onOne.time()))).isEqualTo(at(ofOne, onOne.rows(), 4));
        assertThat(recover(RecoveryTarget.name("on-two"))).isEqualTo(at(ofOne, onTwo.rows(), 4));

        TargetTimeline two = new TargetTimeline.Numbered(new Timeline(2));
        assertThat(recover(RecoveryTarget.latest().with(two))).isEqualTo(at(ofTwo, endOfTwo, 4));
        assertThat(recover(RecoveryTarget.time(lateOnTwo.time()).with(two))).isEqualTo(at(ofTwo, lateOnTwo.rows(), 4));
        assertThat(recover(RecoveryTarget.time(onTwo.time()).with(two))).isEqualTo(at(ofOne, onTwo.rows(), 4));

        // The end of timeline 1 is in the partial segment.
        TargetTimeline one = new TargetTimeline.Numbered(new Timeline(1));
        assertThat(recover(RecoveryTarget.latest().with(one))).isEqualTo(at(ofOne, endOfOne, 4));
        assertThat(recover(RecoveryTarget.time(onOne.time()).with(one))).isEqualTo(at(ofOne, onOne.rows(), 4));

        assertThatThrownBy(() ->
                        archiver.choose(RecoveryTarget.latest().with(new TargetTimeline.Numbered(new Timeline(9)))))
                .isInstanceOf(RecoveryException.NoSuitableBackup.class)
                .hasMessageContaining("not on the way to timeline 9");
    }
}
