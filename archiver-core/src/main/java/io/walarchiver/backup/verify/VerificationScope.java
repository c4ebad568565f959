package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupId;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * What a verification reads back. Names are always compared as a whole; that is cheap.
 *
 * <p>Samples are drawn by a checksum of the key: it puts each object at one place of a circle, and a run reads an arc of it.
 * Arcs that follow one another leave nothing out, whatever is added or removed meanwhile. All volumes of an archive are at
 * the same place.
 */
public sealed interface VerificationScope {

    /** Everything. */
    record Everything() implements VerificationScope {}

    /**
     * One of {@code runs} equal parts: any {@code runs} consecutive numbers cover everything.
     *
     * @param run  which, counted on and on; a scheduler takes the time divided by its interval
     * @param runs how many runs it takes to read everything; at least 1
     */
    record Part(long run, int runs) implements VerificationScope {
        public Part {
            if (runs < 1) {
                throw new IllegalArgumentException("an archive cannot be read in " + runs + " runs");
            }
        }
    }

    /**
     * About {@code objects} objects from a place on, wherever the last run ended.
     *
     * @param cursor  {@link VerificationReport#nextCursor} of the last run; 0 for the first one. From 0 to 2^32 - 1
     * @param objects how many WAL files and archives; at least 1
     */
    record Next(long cursor, long objects) implements VerificationScope {
        public Next {
            if (cursor < 0 || cursor >= CIRCLE || objects < 1) {
                throw new IllegalArgumentException(objects + " objects from " + cursor + " on are no sample");
            }
        }
    }

    /**
     * One backup, and the WAL from its start to its end.
     *
     * @param id which
     */
    record OneBackup(BackupId id) implements VerificationScope {}

    /** How many places the circle has. */
    long CIRCLE = 1L << 32;

    /** The place of an object. */
    static long place(String key) {
        CRC32C crc = new CRC32C();
        crc.update(key.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    /**
     * The places to read.
     *
     * @param objects how many objects there are
     */
    default Arc arc(long objects) {
        if (this instanceof Part part) {
            long number = Math.floorMod(part.run(), (long) part.runs());
            long begin = CIRCLE * number / part.runs();
            return new Arc(begin, CIRCLE * (number + 1) / part.runs() - begin);
        }
        if (this instanceof Next next) {
            double share = Math.min(1, (double) next.objects() / Math.max(1, objects));
            return new Arc(next.cursor(), (long) Math.ceil(share * CIRCLE));
        }
        return new Arc(0, CIRCLE);
    }

    /**
     * A part of the circle.
     *
     * @param begin the first place
     * @param width how many places
     */
    record Arc(long begin, long width) {

        boolean holds(String key) {
            return Math.floorMod(place(key) - begin, CIRCLE) < width;
        }

        /** The place behind the last one. */
        long next() {
            return (begin + width) % CIRCLE;
        }
    }
}
