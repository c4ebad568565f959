package io.walarchiver.sidecar.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.sidecar.request.Failure.Verdict;
import java.util.EnumMap;
import java.util.Map;

/** The gRPC code of each kind of failure (CNPG-I contract, "gRPC codes"). */
final class GrpcFailures {

    private static final Map<Verdict, Status.Code> CODES = codes();

    private GrpcFailures() {}

    private static Map<Verdict, Status.Code> codes() {
        Map<Verdict, Status.Code> codes = new EnumMap<>(Verdict.class);
        codes.put(Verdict.NOT_FOUND, Status.Code.NOT_FOUND);
        codes.put(Verdict.INVALID, Status.Code.INVALID_ARGUMENT);
        // ALREADY_EXISTS would read like success to a person; the file in the archive is a different one.
        codes.put(Verdict.CONFLICT, Status.Code.FAILED_PRECONDITION);
        codes.put(Verdict.FOREIGN_ARCHIVE, Status.Code.FAILED_PRECONDITION);
        codes.put(Verdict.PRECONDITION, Status.Code.FAILED_PRECONDITION);
        codes.put(Verdict.UNUSABLE, Status.Code.FAILED_PRECONDITION);
        codes.put(Verdict.ACCESS_DENIED, Status.Code.FAILED_PRECONDITION);
        codes.put(Verdict.REJECTED, Status.Code.FAILED_PRECONDITION);
        codes.put(Verdict.CORRUPT, Status.Code.DATA_LOSS);
        codes.put(Verdict.UNAVAILABLE, Status.Code.UNAVAILABLE);
        codes.put(Verdict.INTERNAL, Status.Code.INTERNAL);
        return codes;
    }

    /** What the caller is told. */
    static Status statusOf(Throwable failure) {
        if (failure instanceof StatusRuntimeException chosen) {
            return chosen.getStatus();
        }
        Failure sorted = Failure.of(failure);
        return codeOf(sorted.verdict()).toStatus().withDescription(sorted.message());
    }

    static Status.Code codeOf(Verdict verdict) {
        return CODES.getOrDefault(verdict, Status.Code.INTERNAL);
    }
}
