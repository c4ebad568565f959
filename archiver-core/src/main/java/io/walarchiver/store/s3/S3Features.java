package io.walarchiver.store.s3;

import io.walarchiver.store.StoreException;
import io.walarchiver.store.s3.S3Settings.ChecksumMode;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this store was found not to understand. Something is only remembered when a request succeeded without it that
 * had failed with it, and it is logged once.
 */
final class S3Features {

    private static final Logger log = LoggerFactory.getLogger(S3Features.class);

    private static final Set<String> REFUSALS = Set.of(
            "InvalidArgument",
            "InvalidRequest",
            "MalformedXML",
            "MethodNotAllowed",
            "MissingContentMD5",
            "NotImplemented",
            "NotSupported",
            "UnsupportedOperation");

    /**
     * How a request is dressed.
     *
     * @param checksum    with a CRC32C header
     * @param conditional with {@code If-None-Match}; false also for requests that do not want it
     */
    record Dress(boolean checksum, boolean conditional) {}

    private final ChecksumMode checksums;
    private final String location;
    private volatile boolean checksum;
    private volatile boolean conditional = true;
    private volatile boolean batchDelete = true;

    S3Features(ChecksumMode checksums, String location) {
        this.checksums = checksums;
        this.location = location;
        this.checksum = checksums != ChecksumMode.OFF;
    }

    Dress dress(boolean wantsCondition) {
        return new Dress(checksum, wantsCondition && conditional);
    }

    boolean batchDelete() {
        return batchDelete;
    }

    /** The next plainer dress to try after that failure, empty when the failure is not about the dress. */
    Optional<Dress> plainer(Dress refused, StoreException failure) {
        if (!isRefusal(failure)) {
            return Optional.empty();
        }
        String words = S3Failures.storeMessage(failure).toLowerCase(Locale.ROOT);
        boolean aboutCondition = words.contains("if-none-match") || words.contains("conditional");
        if (refused.checksum() && checksums == ChecksumMode.AUTO && !(aboutCondition && refused.conditional())) {
            return Optional.of(new Dress(false, refused.conditional()));
        }
        return refused.conditional() ? Optional.of(new Dress(refused.checksum(), false)) : Optional.empty();
    }

    /** True when the store does not understand the request, as opposed to refusing what it asks for. */
    static boolean isRefusal(StoreException failure) {
        if (!(failure instanceof StoreException.Rejected)) {
            return false;
        }
        StoreException.Detail detail = failure.detail();
        return detail.status() == 501
                || detail.status() == 405
                || (detail.status() == 400
                        && (detail.code().filter(REFUSALS::contains).isPresent()
                                || S3Failures.storeMessage(failure)
                                        .toLowerCase(Locale.ROOT)
                                        .contains("checksum")));
    }

    /** A request succeeded in {@code worn} that had failed in {@code tried}. */
    void learn(Dress tried, Dress worn) {
        if (tried.checksum() && !worn.checksum() && checksum) {
            checksum = false;
            log.warn("{} does not take checksums with uploads; they are sent without from now on", location);
        }
        if (tried.conditional() && !worn.conditional() && conditional) {
            conditional = false;
            log.warn(
                    "{} does not take If-None-Match; from now on we look before we write, and two writers of one key"
                            + " at the same moment are not noticed",
                    location);
        }
    }

    void learnNoBatchDelete() {
        if (batchDelete) {
            batchDelete = false;
            log.warn("{} does not take batches of deletes; objects are deleted one by one from now on", location);
        }
    }
}
