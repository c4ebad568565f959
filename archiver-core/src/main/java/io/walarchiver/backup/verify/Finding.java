package io.walarchiver.backup.verify;

import java.util.Locale;

/**
 * Something wrong with an archive.
 *
 * @param severity how bad it is
 * @param kind     what kind of trouble
 * @param subject  the key of the object, or the backup, segment or directory it is about
 * @param problem  what is wrong, for people
 * @param remedy   what to do about it
 */
public record Finding(Severity severity, Kind kind, String subject, String problem, String remedy) {

    /** How bad it is. */
    public enum Severity {
        /** Some recovery fails because of it. */
        ERROR,
        /** Nothing fails as long as everything else is as it should be; somebody should look. */
        WARNING,
        /** For completeness. */
        NOTICE
    }

    /** What kind of trouble. */
    public enum Kind {
        /** An object does not hold what its name says. */
        DAMAGED_OBJECT,
        /** An object or a backup belongs to another cluster. */
        FOREIGN_CLUSTER,
        /** An archive, or a volume of it, is not there. */
        MISSING_ARCHIVE,
        /** A file that every backup has is not in its archive, or differs from the record. */
        BAD_BACKUP,
        /** A record cannot be read, or contradicts itself. */
        BAD_RECORD,
        /** A backup cannot become consistent: WAL it needs is not there. */
        MISSING_WAL,
        /** Segments are missing between others. */
        GAP,
        /** A timeline has no usable history file. */
        BAD_HISTORY,
        /** The segment size does not fit the names; nothing is said about gaps. */
        WRONG_SEGMENT_SIZE,
        /** A WAL file is there more than once. */
        DUPLICATE,
        /** Objects that are no WAL files lie below {@code wals/}. */
        FOREIGN_OBJECT;

        /** The name in snake case, for metrics. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding error(Kind kind, String subject, String problem, String remedy) {
        return new Finding(Severity.ERROR, kind, subject, problem, remedy);
    }

    static Finding warning(Kind kind, String subject, String problem, String remedy) {
        return new Finding(Severity.WARNING, kind, subject, problem, remedy);
    }

    static Finding notice(Kind kind, String subject, String problem, String remedy) {
        return new Finding(Severity.NOTICE, kind, subject, problem, remedy);
    }
}
