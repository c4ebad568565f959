package io.walarchiver.sidecar.doctor;

import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.sidecar.doctor.Finding.Level;
import java.util.ArrayList;
import java.util.List;

/** Collects what the checks say. */
final class Findings {

    private static final int MAX_TEXT_LENGTH = 600;

    private final List<Finding> findings = new ArrayList<>();

    void ok(String check, String subject, String cause) {
        add(check, subject, Level.OK, cause, "");
    }

    void warn(String check, String subject, String cause, String fix) {
        add(check, subject, Level.WARN, cause, fix);
    }

    void fail(String check, String subject, String cause, String fix) {
        add(check, subject, Level.FAIL, cause, fix);
    }

    void skipped(String check, String subject, String cause) {
        add(check, subject, Level.SKIPPED, cause, "");
    }

    /** Says that something could not be seen; true when that is so. What is not there can be seen. */
    boolean unseen(String check, String subject, Sight<?> sight) {
        if (sight instanceof Sight.Hidden<?> hidden) {
            add(check, subject, Level.SKIPPED, "not visible", "needed to look: the right to " + hidden.right());
            return true;
        }
        if (sight instanceof Sight.Unread<?> unread) {
            skipped(check, subject, unread.why());
            return true;
        }
        return false;
    }

    List<Finding> all() {
        return findings;
    }

    /** What objects and logs say may hold anything: no control characters on a terminal, no novels. */
    private void add(String check, String subject, Level level, String cause, String fix) {
        findings.add(new Finding(check, subject, level, printable(cause), printable(fix)));
    }

    private static String printable(String text) {
        String clean = text.strip().replaceAll("\\s+", " ").replaceAll("\\p{Cntrl}", "?");
        return clean.length() > MAX_TEXT_LENGTH ? clean.substring(0, MAX_TEXT_LENGTH) + "…" : clean;
    }
}
