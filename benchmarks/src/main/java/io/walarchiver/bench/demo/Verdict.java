package io.walarchiver.bench.demo;

import io.walarchiver.wal.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Collects the comparisons and speaks the verdict. */
final class Verdict {

    private static final int SHOWN = 10;

    private final Console console;
    private final List<String> differences = new ArrayList<>();

    Verdict(Console console) {
        this.console = console;
    }

    void compare(Fingerprint before, Fingerprint after) {
        new TreeMap<>(before.tables()).forEach((table, expected) -> {
            Fingerprint.Table found = after.tables().get(table);
            if (expected.equals(found)) {
                console.detail("%-9s %,10d rows, checksum %s: the same", table, expected.rows(), expected.checksum());
            } else {
                differences.add(table + " had " + expected + " and has " + found);
            }
        });
    }

    void replayed(Lsn lastCommit, Lsn replayed) {
        if (replayed.isAtLeast(lastCommit)) {
            console.detail("replayed to %s, last commit before the loss at %s", replayed, lastCommit);
        } else {
            differences.add("replay ended at " + replayed + ", the last commit was at " + lastCommit);
        }
    }

    void archive(ArchiveAudit.Result result) {
        console.detail(
                "%,d segments that PostgreSQL considers archived are in the bucket, whole, with their digest",
                result.files());
        differences.addAll(result.problems());
    }

    /** True when nothing was lost. */
    boolean announce() {
        if (differences.isEmpty()) {
            console.step("NOTHING IS MISSING");
            return true;
        }
        console.step("FAILED: %d differences", differences.size());
        differences.stream().limit(SHOWN).forEach(difference -> console.detail("%s", difference));
        return false;
    }
}
