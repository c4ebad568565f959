package io.walarchiver.bench.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * One line of the budgets: ours divided by another tool's, by medians.
 *
 * @param what     what is limited
 * @param limit    the number
 * @param atMost   true when less is better
 * @param measured what was measured; empty when one of the two did not take part
 */
record BackupBudget(String what, double limit, boolean atMost, OptionalDouble measured) {

    private static final String GZIP = "gzip";
    private static final String ZSTD = "zstd";

    boolean isKept() {
        return measured.isPresent() && (atMost ? measured.getAsDouble() <= limit : measured.getAsDouble() >= limit);
    }

    /** What has to be kept, like with like; and our best against barman's, which has no zstd. */
    static List<BackupBudget> of(BackupResults results, List<String> compressions) {
        List<BackupBudget> all = new ArrayList<>();
        for (String compression : compressions) {
            if (BarmanCloud.option(compression).isPresent()) {
                addBarman(all, results, compression, compression);
            }
            if (PgBackRest.word(compression).isPresent()) {
                addPgBackRest(all, results, compression);
            }
        }
        if (compressions.contains(GZIP) && compressions.contains(ZSTD)) {
            addBarman(all, results, ZSTD, GZIP);
        }
        return all;
    }

    private static void addBarman(List<BackupBudget> all, BackupResults results, String ours, String theirs) {
        String pair = ours.equals(theirs) ? ours : ours + " / " + theirs;
        all.add(ratio(
                results,
                "backup CPU / barman-cloud, " + pair,
                0.5,
                true,
                ours,
                theirs,
                BackupRound::backupCpu,
                BarmanCloud.NAME));
        all.add(ratio(
                results,
                "restore speed / barman-cloud, " + pair,
                2,
                false,
                ours,
                theirs,
                BackupRound::restoreSpeed,
                BarmanCloud.NAME));
    }

    private static void addPgBackRest(List<BackupBudget> all, BackupResults results, String compression) {
        all.add(ratio(
                results,
                "backup speed / pgBackRest, " + compression,
                1,
                false,
                compression,
                compression,
                BackupRound::backupSpeed,
                PgBackRest.NAME));
        all.add(ratio(
                results,
                "restore speed / pgBackRest, " + compression,
                1,
                false,
                compression,
                compression,
                BackupRound::restoreSpeed,
                PgBackRest.NAME));
    }

    private static BackupBudget ratio(
            BackupResults results,
            String what,
            double limit,
            boolean atMost,
            String ourCompression,
            String theirCompression,
            ToDoubleFunction<BackupRound> figure,
            String other) {
        OptionalDouble ours = results.median(ourCompression, Ours.NAME, figure, atMost);
        OptionalDouble theirs = results.median(theirCompression, other, figure, atMost);
        return new BackupBudget(
                what,
                limit,
                atMost,
                ours.isPresent() && theirs.isPresent()
                        ? OptionalDouble.of(ours.getAsDouble() / theirs.getAsDouble())
                        : OptionalDouble.empty());
    }
}
