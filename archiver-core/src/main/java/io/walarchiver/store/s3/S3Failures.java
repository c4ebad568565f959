package io.walarchiver.store.s3;

import io.walarchiver.store.StoreException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * The one place where failures of the SDK become failures of the port.
 *
 * <p>The CRT client keeps the store's answer only for failures that it does not retry itself. After its own retry of a
 * throttled or failed request it reports a text and nothing else, so those carry no code and no request id. Its texts
 * are matched here by a few words each; an unknown one counts as a broken connection.
 */
final class S3Failures {

    /** What can be done about a failed attempt. */
    enum Repeat {
        NEVER,
        /** A digest that did not match: once, in case the bytes were damaged on the way. */
        ONCE,
        ALWAYS
    }

    /**
     * A failed attempt.
     *
     * @param exception what the caller gets when this was the last attempt
     * @param repeat    whether another attempt makes sense
     * @param answered  true when the store itself answered
     */
    record Verdict(StoreException exception, Repeat repeat, boolean answered) {}

    private static final Set<String> DENIED = Set.of(
            "AccessDenied",
            "AccountProblem",
            "AllAccessDisabled",
            "InvalidAccessKeyId",
            "InvalidSecurity",
            "InvalidToken",
            "ExpiredToken",
            "NotSignedUp",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired");
    private static final Set<String> DAMAGED = Set.of("BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch");
    private static final Set<String> TRANSIENT = Set.of(
            "ConditionalRequestConflict",
            "InternalError",
            "OperationAborted",
            "RequestTimeout",
            "ServiceUnavailable",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "TooManyRequests");
    private static final Set<String> ELSEWHERE = Set.of(
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "PermanentRedirect",
            "Redirect",
            "TemporaryRedirect");

    private final String location;

    S3Failures(String location) {
        this.location = location;
    }

    Verdict judge(S3Call call, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof StoreException known) {
            return new Verdict(known, Repeat.NEVER, false);
        }
        if (cause instanceof TimeoutException) {
            return unanswered(call, "no answer in time", cause, call.operation().changesObject());
        }
        if (cause instanceof AwsServiceException answer) {
            return answered(call, answer);
        }
        return transport(call, cause);
    }

    /** A failure of the transfer of a body that the store had announced. */
    StoreException brokenBody(S3Call call, Throwable failure) {
        return failure instanceof StoreException known
                ? known
                : new StoreException.Unavailable(
                        what(call) + ": the download broke off: " + failure.getMessage(),
                        StoreException.Detail.NONE,
                        failure);
    }

    StoreException rejected(S3Call call, String why) {
        return new StoreException.Rejected(what(call) + ": " + why, StoreException.Detail.NONE, null);
    }

    StoreException alreadyExists(S3Call call) {
        return new StoreException.AlreadyExists(
                what(call) + ": an object of that key exists already", StoreException.Detail.NONE);
    }

    StoreException closed(S3Call call) {
        return new StoreException.Unavailable(
                what(call) + ": the store has been closed", StoreException.Detail.NONE, null);
    }

    /** For a key inside an answer that reports on many. */
    StoreException partial(S3Call call, @Nullable String code, @Nullable String message) {
        StoreException.Detail detail = new StoreException.Detail(Optional.ofNullable(code), 0, Optional.empty());
        String text = what(call) + (message == null ? "" : ": " + message);
        if (code != null && DENIED.contains(code)) {
            return new StoreException.AccessDenied(text + hint(code), detail, null);
        }
        return code != null && TRANSIENT.contains(code)
                ? new StoreException.Unavailable(text, detail, null)
                : new StoreException.Rejected(text, detail, null);
    }

    /** The store's words in a failure of ours, empty when it said nothing. */
    static String storeMessage(StoreException failure) {
        return failure.getCause() instanceof AwsServiceException answer ? words(answer) : "";
    }

    private Verdict answered(S3Call call, AwsServiceException answer) {
        AwsErrorDetails details = answer.awsErrorDetails();
        String code = details == null || details.errorCode() == null ? "" : details.errorCode();
        int status = answer.statusCode();
        StoreException.Detail detail = new StoreException.Detail(
                Optional.of(code).filter(text -> !text.isBlank()), status, Optional.ofNullable(answer.requestId()));
        String text = what(call) + (words(answer).isBlank() ? "" : ": " + words(answer));
        if (code.equals("NoSuchBucket")) {
            return never(new StoreException.Rejected(
                    what(call) + ": the bucket does not exist; create it or correct destinationPath", detail, answer));
        }
        if (code.equals("NoSuchUpload")) {
            return never(noSuchUpload(call, detail, answer));
        }
        if (status == 412 || code.equals("PreconditionFailed")) {
            return never(
                    new StoreException.AlreadyExists(what(call) + ": an object of that key exists already", detail));
        }
        if (ELSEWHERE.contains(code) || (status >= 300 && status < 400)) {
            return never(new StoreException.Rejected(text + elsewhere(details), detail, answer));
        }
        if (DENIED.contains(code) || status == 401 || (status == 403 && !TRANSIENT.contains(code))) {
            return never(new StoreException.AccessDenied(text + hint(code), detail, answer));
        }
        if (DAMAGED.contains(code)) {
            return new Verdict(
                    new StoreException.Rejected(text + "; the bytes did not arrive as sent", detail, answer),
                    Repeat.ONCE,
                    true);
        }
        if (TRANSIENT.contains(code) || status == 408 || status == 429 || (status >= 500 && status != 501)) {
            boolean open = call.operation().changesObject() && status >= 500 && status != 503;
            return new Verdict(
                    open
                            ? new StoreException.Ambiguous(text, detail, answer)
                            : new StoreException.Unavailable(text, detail, answer),
                    Repeat.ALWAYS,
                    true);
        }
        if (status == 404) {
            return never(new StoreException.NotFound(what(call) + ": there is no such object", detail));
        }
        return never(new StoreException.Rejected(text, detail, answer));
    }

    private StoreException noSuchUpload(S3Call call, StoreException.Detail detail, AwsServiceException answer) {
        // The transport repeats a request once by itself, so the upload may be gone because we completed it.
        return call.operation() == Operation.COMPLETE_MULTIPART_UPLOAD
                ? new StoreException.Ambiguous(
                        what(call) + ": the upload is gone; it was aborted or has been completed before",
                        detail,
                        answer)
                : new StoreException.Rejected(what(call) + ": the upload is gone", detail, answer);
    }

    private Verdict transport(S3Call call, Throwable cause) {
        String reason =
                Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
        String text = reason.toLowerCase(Locale.ROOT);
        if (text.contains("credentials")) {
            return new Verdict(
                    new StoreException.AccessDenied(
                            what(call) + ": no credentials could be obtained; give the pod's service account a role, or"
                                    + " name a Secret in s3Credentials; " + tried(reason),
                            StoreException.Detail.NONE,
                            cause),
                    Repeat.NEVER,
                    false);
        }
        if (text.contains("skew")) {
            return never(new StoreException.AccessDenied(
                    what(call) + ": the store refused the time of the request" + hint("RequestTimeTooSkewed"),
                    StoreException.Detail.NONE,
                    cause));
        }
        if (text.contains("throttling") || text.contains("slow down")) {
            return new Verdict(
                    new StoreException.Unavailable(
                            what(call) + ": the store is overloaded",
                            new StoreException.Detail(Optional.empty(), 503, Optional.empty()),
                            cause),
                    Repeat.ALWAYS,
                    true);
        }
        if (text.contains("tls") || text.contains("ssl")) {
            return new Verdict(
                    new StoreException.Unavailable(
                            what(call) + ": no TLS connection: " + reason
                                    + "; is the certificate of the endpoint signed by a trusted CA (endpointCA)?",
                            StoreException.Detail.NONE,
                            cause),
                    Repeat.NEVER,
                    false);
        }
        boolean sent = !(text.contains("refused")
                || text.contains("dns")
                || text.contains("unreachable")
                || text.contains("no route"));
        return unanswered(call, reason, cause, sent && call.operation().changesObject());
    }

    private Verdict unanswered(S3Call call, String reason, Throwable cause, boolean mayHaveTakenEffect) {
        String text = what(call) + ": " + reason;
        return new Verdict(
                mayHaveTakenEffect
                        ? new StoreException.Ambiguous(
                                text + "; whether the request took effect is unknown",
                                StoreException.Detail.NONE,
                                cause)
                        : new StoreException.Unavailable(text, StoreException.Detail.NONE, cause),
                Repeat.ALWAYS,
                false);
    }

    /** The SDK lists its sources, then lists them again, each with what it lacked; once is enough. */
    private static String tried(String reason) {
        int list = reason.indexOf(" : [");
        return list < 0 ? reason : "tried: " + reason.substring(list + " : ".length());
    }

    private static Verdict never(StoreException exception) {
        return new Verdict(exception, Repeat.NEVER, true);
    }

    /** For an attempt that ran out of time before the store had ever answered. */
    Verdict neverReached(S3Call call, Throwable cause) {
        return new Verdict(
                new StoreException.Unavailable(
                        what(call) + ": the endpoint has not answered at all; TLS or reachability: check the address,"
                                + " the network policy, and that its certificate is trusted (endpointCA)",
                        StoreException.Detail.NONE,
                        cause),
                Repeat.NEVER,
                false);
    }

    private String what(S3Call call) {
        return "cannot " + call.operation().verb() + " " + call.subject() + " in " + location;
    }

    private static String words(AwsServiceException answer) {
        AwsErrorDetails details = answer.awsErrorDetails();
        String words = details == null ? null : details.errorMessage();
        return words == null ? "" : words;
    }

    private static String elsewhere(@Nullable AwsErrorDetails details) {
        Optional<String> region = details == null || details.sdkHttpResponse() == null
                ? Optional.empty()
                : details.sdkHttpResponse().firstMatchingHeader("x-amz-bucket-region");
        return region.map(name -> "; the bucket is in region " + name + ", set that region")
                .orElse("; the bucket is in another region or at another endpoint, set the right one");
    }

    private static String hint(String code) {
        return switch (code) {
            case "RequestTimeTooSkewed", "RequestExpired" ->
                "; the clocks of this machine and of the store differ too much, check both";
            case "ExpiredToken", "TokenRefreshRequired", "InvalidToken" ->
                "; the session token has expired or is wrong, renew the credentials";
            case "InvalidAccessKeyId" -> "; the store does not know this access key id";
            case "SignatureDoesNotMatch" -> "; the secret access key or the region is wrong";
            default ->
                "; check the permissions of these credentials on the bucket (without permission to list, absent"
                        + " objects are refused like this, too)";
        };
    }

    /** Marks a failed attempt on its way to the retry rule; never leaves this package. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Verdict verdict;

        Failed(Verdict verdict) {
            super(null, verdict.exception(), false, false);
            this.verdict = verdict;
        }

        Verdict verdict() {
            return verdict;
        }
    }
}
