package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.wal.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A recovery target as people write it: the fields of CloudNativePG's {@code recoveryTarget}, or the options of a command.
 *
 * @param backupId        the backup to start from
 * @param timeline        see {@link TargetTimeline#parse}
 * @param time            a time; PostgreSQL's form or RFC 3339, with or without fraction and offset; without an offset in
 *                        UTC
 * @param lsn             a log position
 * @param name            a restore point
 * @param xid             a decimal transaction id
 * @param immediate       whether to stop as soon as the state is consistent
 * @param exclusive       whether to stop just before the target
 */
public record RecoveryTargetText(
        Optional<String> backupId,
        Optional<String> timeline,
        Optional<String> time,
        Optional<String> lsn,
        Optional<String> name,
        Optional<String> xid,
        boolean immediate,
        boolean exclusive) {

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,20}");

    /** Nothing given. */
    public static final RecoveryTargetText NONE = new RecoveryTargetText(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            false);

    /** Empty text counts as not given. */
    public RecoveryTargetText {
        backupId = given(backupId);
        timeline = given(timeline);
        time = given(time);
        lsn = given(lsn);
        name = given(name);
        xid = given(xid);
    }

    private static Optional<String> given(Optional<String> text) {
        return text.filter(value -> !value.isBlank());
    }

    /**
     * The target that was meant; the end of the archive when no point is given.
     *
     * @throws IllegalArgumentException when a field cannot be understood, or more than one point is given
     */
    public RecoveryTarget toTarget() {
        RecoveryTarget target = point();
        if (timeline.isPresent()) {
            target = target.with(TargetTimeline.parse(timeline.get()));
        }
        return backupId.isPresent() ? target.with(new BackupId(backupId.get().strip())) : target;
    }

    private RecoveryTarget point() {
        List<String> points = new ArrayList<>();
        time.ifPresent(value -> points.add("a time"));
        lsn.ifPresent(value -> points.add("a position"));
        name.ifPresent(value -> points.add("a restore point"));
        xid.ifPresent(value -> points.add("a transaction"));
        if (immediate) {
            points.add("immediate");
        }
        if (points.size() > 1) {
            throw new IllegalArgumentException("recovery can only have one target, but there are " + points.size()
                    + ": " + String.join(", ", points));
        }
        boolean inclusive = !exclusive;
        if (time.isPresent()) {
            Instant instant = TargetTime.parse(time.get());
            return new RecoveryTarget.Time(instant, inclusive, TargetTimeline.LATEST, Optional.empty());
        }
        if (lsn.isPresent()) {
            Lsn position = Lsn.parse(lsn.get().strip());
            return new RecoveryTarget.Lsn(position, inclusive, TargetTimeline.LATEST, Optional.empty());
        }
        if (xid.isPresent()) {
            return new RecoveryTarget.Xid(
                    transaction(xid.get().strip()), inclusive, TargetTimeline.LATEST, Optional.empty());
        }
        if (name.isPresent()) {
            return RecoveryTarget.name(name.get());
        }
        return immediate ? RecoveryTarget.immediate() : RecoveryTarget.latest();
    }

    private static long transaction(String text) {
        try {
            if (NUMBER.matcher(text).matches()) {
                return Long.parseUnsignedLong(text);
            }
        } catch (NumberFormatException tooLarge) {
            // Falls through.
        }
        throw new IllegalArgumentException("not a transaction id: \"" + text + "\" (expected a decimal number)");
    }
}
