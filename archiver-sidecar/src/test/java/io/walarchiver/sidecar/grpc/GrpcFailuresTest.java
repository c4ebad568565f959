package io.walarchiver.sidecar.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.walarchiver.sidecar.request.Failure.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GrpcFailuresTest {

    @ParameterizedTest
    @CsvSource({
        "NOT_FOUND, NOT_FOUND",
        "INVALID, INVALID_ARGUMENT",
        "CONFLICT, FAILED_PRECONDITION",
        "FOREIGN_ARCHIVE, FAILED_PRECONDITION",
        "PRECONDITION, FAILED_PRECONDITION",
        "UNUSABLE, FAILED_PRECONDITION",
        "ACCESS_DENIED, FAILED_PRECONDITION",
        "REJECTED, FAILED_PRECONDITION",
        "CORRUPT, DATA_LOSS",
        "UNAVAILABLE, UNAVAILABLE",
        "INTERNAL, INTERNAL"
    })
    void eachVerdictHasItsCode(Verdict verdict, Status.Code code) {
        assertThat(GrpcFailures.codeOf(verdict)).isEqualTo(code);
    }

    @ParameterizedTest
    @EnumSource(Verdict.class)
    void noVerdictIsUnknownAndOnlyOneIsInternal(Verdict verdict) {
        assertThat(GrpcFailures.codeOf(verdict)).isNotIn(Status.Code.UNKNOWN, Status.Code.OK);
        assertThat(GrpcFailures.codeOf(verdict) == Status.Code.INTERNAL).isEqualTo(verdict == Verdict.INTERNAL);
    }

    @Test
    void chosenStatusPassesThrough() {
        Status chosen = Status.UNIMPLEMENTED.withDescription("not offered");
        assertThat(GrpcFailures.statusOf(chosen.asRuntimeException())).isSameAs(chosen);
    }
}
