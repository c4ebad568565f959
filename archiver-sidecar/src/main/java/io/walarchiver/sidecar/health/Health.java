package io.walarchiver.sidecar.health;

import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A question about the state of this process that is answered by looking. */
@FunctionalInterface
public interface Health {

    /** Looks now. Never fails and never stays silent for more than a few seconds. */
    Mono<Report> report();

    /** All questions as one, asked one after the other. */
    static Health all(List<Health> questions) {
        return () -> Flux.fromIterable(questions)
                .concatMap(Health::report)
                .concatMapIterable(Report::findings)
                .collectList()
                .map(Report::new);
    }

    /**
     * What was found.
     *
     * @param findings one per thing looked at
     */
    record Report(List<Finding> findings) {

        public Report {
            findings = List.copyOf(findings);
        }

        /** True when nothing is wrong. */
        public boolean isGood() {
            return findings.stream().allMatch(Finding::good);
        }
    }

    /**
     * One thing that was looked at.
     *
     * @param subject a name for programs: {@code store}, {@code journal}
     * @param good    whether it works
     * @param reason  for people; when it does not work also what to do
     */
    record Finding(String subject, boolean good, String reason) {

        /** It works. */
        public static Finding good(String subject, String reason) {
            return new Finding(subject, true, reason);
        }

        /** It does not work. */
        public static Finding bad(String subject, String reason) {
            return new Finding(subject, false, reason);
        }
    }
}
