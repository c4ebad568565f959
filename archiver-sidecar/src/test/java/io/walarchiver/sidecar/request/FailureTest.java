package io.walarchiver.sidecar.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.recovery.RecoveryException;
import io.walarchiver.backup.retention.BackupDecision;
import io.walarchiver.backup.retention.RetentionException;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.sidecar.request.Failure.Verdict;
import io.walarchiver.store.StoreException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

public class FailureTest {

    private static final StoreException.Detail NONE = StoreException.Detail.NONE;

    /** Every failure there is, with what it means. Also used by the tables of codes. */
    public static Stream<Arguments> failures() {
        StoreException missing = new StoreException.NotFound("m", NONE);
        StoreException away = new StoreException.Unavailable("m", NONE, null);
        StoreException denied = new StoreException.AccessDenied("m", NONE, null);
        return Stream.of(
                Arguments.of(missing, Verdict.NOT_FOUND),
                Arguments.of(new StoreException.AlreadyExists("m", NONE), Verdict.CONFLICT),
                Arguments.of(new StoreException.Ambiguous("m", NONE, null), Verdict.UNAVAILABLE),
                Arguments.of(away, Verdict.UNAVAILABLE),
                Arguments.of(denied, Verdict.ACCESS_DENIED),
                Arguments.of(new StoreException.Rejected("m", NONE, null), Verdict.REJECTED),
                Arguments.of(new ArchiveException.SourceUnusable("m", null), Verdict.UNUSABLE),
                Arguments.of(new ArchiveException.Conflict("m"), Verdict.CONFLICT),
                Arguments.of(new ArchiveException.ForeignArchive("m"), Verdict.FOREIGN_ARCHIVE),
                Arguments.of(new ArchiveException.StoreFailed("m", away), Verdict.UNAVAILABLE),
                Arguments.of(new ArchiveException.StoreFailed("m", denied), Verdict.ACCESS_DENIED),
                Arguments.of(new ArchiveException.StoreFailed("m", missing), Verdict.REJECTED),
                Arguments.of(new RestoreException.NotArchived("m"), Verdict.NOT_FOUND),
                Arguments.of(new RestoreException.Corrupt("m", null), Verdict.CORRUPT),
                Arguments.of(new RestoreException.DestinationUnusable("m", null), Verdict.UNUSABLE),
                Arguments.of(new RestoreException.StoreFailed("m", away), Verdict.UNAVAILABLE),
                Arguments.of(new RestoreException.StoreFailed("m", missing), Verdict.REJECTED),
                Arguments.of(new BackupException.CannotConnect("m", null), Verdict.UNAVAILABLE),
                Arguments.of(new BackupException.MissingRights("m", null), Verdict.PRECONDITION),
                Arguments.of(new BackupException.VersionUnsupported("m"), Verdict.PRECONDITION),
                Arguments.of(new BackupException.WrongDataDirectory("m", null), Verdict.PRECONDITION),
                Arguments.of(new BackupException.StandbyPromoted("m", null), Verdict.PRECONDITION),
                Arguments.of(new BackupException.ServerRefused("m", null), Verdict.PRECONDITION),
                Arguments.of(new BackupException.SessionLost("m", null), Verdict.UNAVAILABLE),
                Arguments.of(new BackupException.SourceUnusable("m", null), Verdict.UNUSABLE),
                Arguments.of(new BackupException.DamagedPages("m"), Verdict.CORRUPT),
                Arguments.of(new BackupException.WalNotArchived("m"), Verdict.PRECONDITION),
                Arguments.of(new BackupException.AlreadyRunning("m"), Verdict.PRECONDITION),
                Arguments.of(new BackupException.IdTaken("m", null), Verdict.CONFLICT),
                Arguments.of(new BackupException.StoreFailed("m", away), Verdict.UNAVAILABLE),
                Arguments.of(new BackupException.StoreFailed("m", missing), Verdict.REJECTED),
                Arguments.of(new RecoveryException.NoSuitableBackup("m"), Verdict.NOT_FOUND),
                Arguments.of(new RecoveryException.BackupIncomplete("m"), Verdict.PRECONDITION),
                Arguments.of(new RecoveryException.CorruptArchive("m", null), Verdict.CORRUPT),
                Arguments.of(new RecoveryException.DestinationNotEmpty("m"), Verdict.PRECONDITION),
                Arguments.of(new RecoveryException.DestinationUnusable("m", null), Verdict.UNUSABLE),
                Arguments.of(new RecoveryException.WrongServer("m"), Verdict.PRECONDITION),
                Arguments.of(new RecoveryException.FirstWalMissing("m", null), Verdict.PRECONDITION),
                Arguments.of(new RecoveryException.StoreFailed("m", away), Verdict.UNAVAILABLE),
                Arguments.of(new RecoveryException.StoreFailed("m", missing), Verdict.REJECTED),
                Arguments.of(new RetentionException.CatalogDamaged("m"), Verdict.PRECONDITION),
                Arguments.of(new RetentionException.Refused("m", BackupDecision.Reason.PINNED), Verdict.PRECONDITION),
                Arguments.of(new CatalogException.NoSuchBackup("m"), Verdict.NOT_FOUND),
                Arguments.of(new CatalogException.AmbiguousName("m"), Verdict.PRECONDITION),
                Arguments.of(new CatalogException.NotPinnable("m"), Verdict.PRECONDITION),
                Arguments.of(new CatalogException.IdTaken("m"), Verdict.CONFLICT),
                Arguments.of(new CatalogException.UnknownVolume("m"), Verdict.CORRUPT),
                Arguments.of(new PreconditionException("m"), Verdict.PRECONDITION),
                Arguments.of(new InvalidRequestException("m"), Verdict.INVALID),
                Arguments.of(new RefusedException("m"), Verdict.UNAVAILABLE),
                Arguments.of(new IllegalStateException("m"), Verdict.INTERNAL),
                Arguments.of(new StackOverflowError("m"), Verdict.INTERNAL));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyFailureHasItsVerdict(Throwable failure, Verdict expected) {
        assertThat(Failure.of(failure).verdict()).isEqualTo(expected);
    }

    @Test
    void noSubtypeIsForgotten() {
        for (Class<?> sealed : new Class<?>[] {
            StoreException.class,
            ArchiveException.class,
            RestoreException.class,
            BackupException.class,
            CatalogException.class,
            RecoveryException.class,
            RetentionException.class
        }) {
            assertThat(failures().<Object>map(arguments -> arguments.get()[0].getClass()))
                    .contains((Object[]) sealed.getPermittedSubclasses());
        }
    }

    @Test
    void unforeseenErrorsTellNothingOfTheirMessage() {
        assertThat(Failure.of(new IllegalStateException("password=hunter2")).message())
                .doesNotContain("hunter2")
                .contains("IllegalStateException");
    }

    @Test
    void messagesAreOneLineAndOfBoundedLength() {
        String message = Failure.of(new ArchiveException.Conflict("a\nb\t" + "x".repeat(5000)))
                .message();
        assertThat(message).startsWith("a; b").doesNotContain("\n").hasSizeLessThanOrEqualTo(1000);
    }
}
