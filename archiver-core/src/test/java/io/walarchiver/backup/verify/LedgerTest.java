package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.backup.verify.Finding.Severity;
import io.walarchiver.backup.verify.VerificationReport.Verdict;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private static final StoreException FAILURE =
            new StoreException.Unavailable("no answer", StoreException.Detail.NONE, null);

    private final Ledger ledger = new Ledger(VerificationObserver.NONE);

    private static ObjectKey key(int i) {
        return new ObjectKey("key-" + i);
    }

    @Test
    void everythingIsCountedAndSoMuchIsKept() {
        for (int i = 0; i < 5000; i++) {
            ledger.add(Finding.notice(Kind.FOREIGN_OBJECT, "n" + i, "p", "r"));
            ledger.add(Finding.warning(Kind.DUPLICATE, "w" + i, "p", "r"));
        }
        for (int i = 0; i < 600; i++) {
            ledger.add(Finding.error(Kind.GAP, "e" + i, "p", "r"));
        }

        assertThat(ledger.found())
                .isEqualTo(Map.of(Severity.ERROR, 600L, Severity.WARNING, 5000L, Severity.NOTICE, 5000L));
        assertThat(ledger.findings()).hasSize(VerificationReport.MAX_FINDINGS);
        assertThat(ledger.findings().subList(0, 600)).allMatch(finding -> finding.severity() == Severity.ERROR);
        assertThat(ledger.findings().get(600).subject()).isEqualTo("w0");
        assertThat(ledger.verdict()).isEqualTo(Verdict.DAMAGED);
    }

    @Test
    void warningsAloneAreGood() {
        ledger.add(Finding.warning(Kind.DUPLICATE, "w", "p", "r"));

        assertThat(ledger.verdict()).isEqualTo(Verdict.GOOD);
    }

    @Test
    void failuresInARowStopAndFailuresNowAndThenDoNot() {
        for (int i = 0; i < 500; i++) {
            if (i % 19 == 0) {
                ledger.readWal(key(i), 1, 1, true);
            }
            ledger.addUnchecked(key(i), FAILURE);
        }
        assertThat(ledger.isStopped()).isFalse();
        assertThat(ledger.counts().unchecked()).isEqualTo(500);
        assertThat(ledger.unchecked()).hasSize(VerificationReport.MAX_UNCHECKED);

        ledger.readWal(key(0), 1, 1, true);
        for (int i = 0; i < Ledger.MAX_CONSECUTIVE_FAILURES; i++) {
            assertThat(ledger.isStopped()).isFalse();
            ledger.addUnchecked(key(i), FAILURE);
        }
        assertThat(ledger.isStopped()).isTrue();
        assertThat(ledger.verdict()).isEqualTo(Verdict.INCOMPLETE);
    }

    @Test
    void damageIsToldBeforeWhatIsMissing() {
        ledger.addUnchecked(key(1), FAILURE);
        ledger.add(Finding.error(Kind.GAP, "e", "p", "r"));

        assertThat(ledger.verdict()).isEqualTo(Verdict.DAMAGED);
    }
}
