package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogEntry.Readable;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A made-up archive: a few timelines that branch off each other, and backups of all kinds. Segments have 16 MiB and numbers
 * up to {@link #SEGMENTS}.
 *
 * @param parents  of each timeline above 1
 * @param switches in which segment each timeline above 1 left its parent
 * @param unknown  timelines whose history nobody can read
 */
record RandomArchive(
        Map<Integer, Integer> parents,
        Map<Integer, Integer> switches,
        List<Integer> unknown,
        List<Backup> backups,
        String policy,
        int minimumRedundancy) {

    static final int SEGMENTS = 24;
    static final Instant NOW = Instant.parse("2031-05-20T12:00:00Z");

    /** A backup with its kind and place. */
    record Backup(FakeBackup fake, Readable entry, int timeline, int begin, int end, String status, String keep) {

        boolean isUsable() {
            return status.equals("DONE") || status.equals("WAITING_FOR_WALS");
        }

        boolean isFailed() {
            return status.equals("FAILED");
        }
    }

    static RandomArchive random(SplittableRandom random) {
        int timelines = 1 + random.nextInt(5);
        Map<Integer, Integer> parents = new HashMap<>();
        Map<Integer, Integer> switches = new HashMap<>();
        List<Integer> unknown = new ArrayList<>();
        for (int timeline = 2; timeline <= timelines; timeline++) {
            int parent = 1 + random.nextInt(timeline - 1);
            parents.put(timeline, parent);
            int from = switches.getOrDefault(parent, 0);
            switches.put(timeline, from + random.nextInt(Math.max(1, SEGMENTS - 2 - from)));
            if (random.nextInt(6) == 0) {
                unknown.add(timeline);
            }
        }
        List<Backup> backups = new ArrayList<>();
        int count = random.nextInt(8);
        for (int i = 0; i < count; i++) {
            backups.add(backup(random, 1 + i * 2, 1 + random.nextInt(timelines), switches, backups));
        }
        String policy = random.nextBoolean()
                ? "REDUNDANCY " + random.nextInt(4)
                : "RECOVERY WINDOW OF " + random.nextInt(20) + " DAYS";
        return new RandomArchive(parents, switches, unknown, backups, policy, random.nextInt(3));
    }

    private static Backup backup(
            SplittableRandom random, int day, int timeline, Map<Integer, Integer> switches, List<Backup> older) {
        int from = switches.getOrDefault(timeline, 0);
        int begin = from + random.nextInt(SEGMENTS - from);
        int end = begin + random.nextInt(SEGMENTS - begin);
        Duration late = Duration.ofHours(random.nextInt(10) == 0 ? random.nextInt(100) : 1);
        FakeBackup fake = FakeBackup.done(
                        "203105%02dT000000".formatted(day),
                        RetentionFixture.segment(timeline, 0, begin),
                        Instant.parse("2031-05-%02dT00:00:00Z".formatted(day)).plus(late))
                .end(RetentionFixture.segment(timeline, 0, end));
        String status = "DONE";
        String keep = "";
        boolean incomplete = false;
        switch (random.nextInt(12)) {
            case 0 -> {
                status = "FAILED";
                fake.failed();
            }
            case 1 -> {
                status = random.nextBoolean() ? "STARTED" : "WAITING_FOR_WALS";
                fake.set("status", status);
            }
            case 2 -> keep = "full";
            case 3, 4 -> keep = "standalone";
            case 5 -> incomplete = true;
            case 6 -> fake.set("snapshots_info", "{}");
            case 7 -> {
                if (!older.isEmpty()) {
                    fake.set(
                            "parent_backup_id",
                            older.get(random.nextInt(older.size())).fake().id());
                }
            }
            default -> {}
        }
        Readable entry = fake.keep(keep).entry();
        if (incomplete) {
            entry = new Readable(entry.id(), entry.info(), entry.keep(), List.of(new Archive.Data()));
        }
        return new Backup(fake, entry, timeline, begin, end, status, keep);
    }

    List<CatalogEntry> catalog() {
        return backups.stream().<CatalogEntry>map(Backup::entry).toList();
    }

    List<Integer> timelines() {
        List<Integer> all = new ArrayList<>(List.of(1));
        all.addAll(parents.keySet());
        return all;
    }

    /** 0 for a timeline without parent. */
    int parentOf(int timeline) {
        return parents.getOrDefault(timeline, 0);
    }

    int switchOf(int timeline) {
        return switches.getOrDefault(timeline, 0);
    }

    /** How a timeline came about, whether anybody can read it or not. */
    TimelineHistory trueHistory(int timeline) {
        List<TimelineHistory.Switch> ancestry = new ArrayList<>();
        for (int child = timeline; parentOf(child) != 0; child = parentOf(child)) {
            ancestry.add(
                    0,
                    new TimelineHistory.Switch(new Timeline(parentOf(child)), position(switchOf(child)), "no reason"));
        }
        return new TimelineHistory(new Timeline(timeline), ancestry);
    }

    /** In the middle of a segment. */
    static Lsn position(int segment) {
        return new Lsn((long) segment << 24 | 0x800000);
    }

    Map<Timeline, TimelineHistory> knownHistories() {
        Map<Timeline, TimelineHistory> known = new HashMap<>();
        parents.keySet().stream()
                .filter(timeline -> !unknown.contains(timeline))
                .forEach(timeline -> known.put(new Timeline(timeline), trueHistory(timeline)));
        return known;
    }

    RetentionPlan plan() {
        return RetentionPlan.ofPolicy(
                RetentionPolicy.parse(policy), minimumRedundancy, catalog(), List.of(), knownHistories(), NOW);
    }

    static boolean isDone(Readable entry) {
        return entry.info().status() == BackupStatus.DONE;
    }
}
