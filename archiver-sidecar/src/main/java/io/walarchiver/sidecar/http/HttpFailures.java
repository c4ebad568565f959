package io.walarchiver.sidecar.http;

import io.walarchiver.sidecar.request.Failure.Verdict;
import java.util.EnumMap;
import java.util.Map;

/**
 * The HTTP status of each kind of failure (RFC 9110). 404 means exactly one thing here, "not in the archive", because
 * {@code restore_command} tells PostgreSQL so.
 */
final class HttpFailures {

    private static final Map<Verdict, Integer> STATUSES = statuses();

    private HttpFailures() {}

    private static Map<Verdict, Integer> statuses() {
        Map<Verdict, Integer> statuses = new EnumMap<>(Verdict.class);
        statuses.put(Verdict.NOT_FOUND, 404);
        statuses.put(Verdict.INVALID, 400);
        statuses.put(Verdict.CONFLICT, 409);
        statuses.put(Verdict.FOREIGN_ARCHIVE, 412);
        statuses.put(Verdict.PRECONDITION, 409);
        statuses.put(Verdict.UNUSABLE, 422);
        statuses.put(Verdict.ACCESS_DENIED, 502);
        statuses.put(Verdict.REJECTED, 502);
        statuses.put(Verdict.CORRUPT, 500);
        statuses.put(Verdict.UNAVAILABLE, 503);
        statuses.put(Verdict.INTERNAL, 500);
        return statuses;
    }

    static int statusOf(Verdict verdict) {
        return STATUSES.getOrDefault(verdict, 500);
    }
}
