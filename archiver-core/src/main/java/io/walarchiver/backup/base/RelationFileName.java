package io.walarchiver.backup.base;

import org.jspecify.annotations.Nullable;

/**
 * The name of a file that holds pages of a relation (PostgreSQL manual, "Database File Layout"):
 * {@code 16384}, {@code 16384.2}, {@code 16384_vm}.
 *
 * @param relation  the digits before everything else, the relation's file node
 * @param fork      the part behind the underscore; empty for the main fork
 * @param segment   which of the fork's files, the first one being 0
 * @param temporary true for a relation of one session, {@code t3_16384}
 */
record RelationFileName(String relation, String fork, int segment, boolean temporary) {

    /** The fork that an unlogged relation starts from anew after a crash. */
    static final String INIT_FORK = "init";

    private static final int MOST_DIGITS = 10;
    private static final int MOST_SEGMENT_DIGITS = 9;

    /** Null when a file of that name holds no pages. */
    static @Nullable RelationFileName parse(String name) {
        int start = 0;
        boolean temporary = name.startsWith("t");
        if (temporary) {
            int backend = digits(name, 1);
            if (backend == 1 || backend == name.length() || name.charAt(backend) != '_') {
                return null;
            }
            start = backend + 1;
        }
        int end = digits(name, start);
        if (end == start || end - start > MOST_DIGITS) {
            return null;
        }
        String relation = name.substring(start, end);
        String fork = "";
        for (String candidate : new String[] {"fsm", "vm", INIT_FORK}) {
            if (name.startsWith("_" + candidate, end)) {
                fork = candidate;
                end += candidate.length() + 1;
                break;
            }
        }
        int segment = 0;
        if (end < name.length() && name.charAt(end) == '.') {
            int last = digits(name, end + 1);
            if (last == end + 1 || last - end - 1 > MOST_SEGMENT_DIGITS) {
                return null;
            }
            segment = Integer.parseInt(name.substring(end + 1, last));
            end = last;
        }
        return end == name.length() ? new RelationFileName(relation, fork, segment, temporary) : null;
    }

    private static int digits(String name, int from) {
        int end = from;
        while (end < name.length() && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
            end++;
        }
        return end;
    }
}
