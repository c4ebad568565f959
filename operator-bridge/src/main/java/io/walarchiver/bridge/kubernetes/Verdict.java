package io.walarchiver.bridge.kubernetes;

import java.util.regex.Pattern;

/**
 * Whether something holds, as a condition says it.
 *
 * @param holds   the status of the condition
 * @param reason  one word in camel case, for programs
 * @param message a sentence, for people; what to do when it does not hold
 */
public record Verdict(boolean holds, String reason, String message) {

    private static final Pattern REASON = Pattern.compile("[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?");
    private static final int MAX_REASON_LENGTH = 1024;

    /** Far below what Kubernetes allows: others share the object. */
    private static final int MAX_MESSAGE_LENGTH = 1024;

    /** Refuses a reason that Kubernetes would refuse; shortens the message. */
    public Verdict {
        if (reason.length() > MAX_REASON_LENGTH || !REASON.matcher(reason).matches()) {
            throw new IllegalArgumentException("not the reason of a condition: " + reason);
        }
        if (message.length() > MAX_MESSAGE_LENGTH) {
            message = message.substring(0, MAX_MESSAGE_LENGTH - 1) + "…";
        }
    }
}
