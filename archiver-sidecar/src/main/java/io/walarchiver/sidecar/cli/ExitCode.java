package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.request.Failure.Verdict;
import java.util.EnumMap;
import java.util.Map;

/** What the command ends with. */
final class ExitCode {

    /** Done. */
    static final int DONE = 0;

    /** Not found, or refused. */
    static final int REFUSED = 1;

    /** The store, or the service, cannot be reached. */
    static final int UNREACHABLE = 2;

    /** The command line or the settings make no sense. */
    static final int USAGE = 3;

    /** Anything else. */
    static final int OTHER = 4;

    /**
     * What {@code restore_command} must end with when the archive did not say "not there": PostgreSQL stops on codes
     * above 125 and takes every other one for the end of the log (PostgreSQL manual, "Archive Recovery").
     */
    static final int STOP_RECOVERY = 126;

    private static final Map<Verdict, Integer> CODES = codes();

    private ExitCode() {}

    private static Map<Verdict, Integer> codes() {
        Map<Verdict, Integer> codes = new EnumMap<>(Verdict.class);
        codes.put(Verdict.NOT_FOUND, REFUSED);
        codes.put(Verdict.CONFLICT, REFUSED);
        codes.put(Verdict.FOREIGN_ARCHIVE, REFUSED);
        codes.put(Verdict.PRECONDITION, REFUSED);
        codes.put(Verdict.ACCESS_DENIED, REFUSED);
        codes.put(Verdict.REJECTED, REFUSED);
        codes.put(Verdict.UNAVAILABLE, UNREACHABLE);
        codes.put(Verdict.INVALID, USAGE);
        codes.put(Verdict.UNUSABLE, OTHER);
        codes.put(Verdict.CORRUPT, OTHER);
        codes.put(Verdict.INTERNAL, OTHER);
        return codes;
    }

    static int of(Verdict verdict) {
        return CODES.getOrDefault(verdict, OTHER);
    }
}
