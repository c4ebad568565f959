package io.walarchiver.sidecar.request;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.recovery.RecoveryException;
import io.walarchiver.backup.retention.RetentionException;
import io.walarchiver.bridge.cluster.DefinitionException;
import io.walarchiver.bridge.cluster.NoArchiveException;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.operator.HookException;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.store.StoreException;

/**
 * A failure as callers see it. The one place that decides what an exception means; gRPC codes, HTTP statuses and exit
 * codes follow from the {@link Verdict}.
 *
 * @param verdict what it means
 * @param message one line, at most {@value #MAX_MESSAGE} characters, no secrets, no stack trace
 */
public record Failure(Verdict verdict, String message) {

    // CloudNativePG copies the message into a condition of the Cluster, where people read it.
    private static final int MAX_MESSAGE = 1000;

    /** What a failure means for whoever asked. */
    public enum Verdict {
        /** The store positively said that there is no such file, or no such backup. */
        NOT_FOUND,
        /** The question itself is wrong. */
        INVALID,
        /** The archive holds something else under this name. */
        CONFLICT,
        /** The archive belongs to another cluster. */
        FOREIGN_ARCHIVE,
        /** Not as things are: another backup runs, no such store is known. */
        PRECONDITION,
        /** The file to archive, or the place to restore to, is not usable. */
        UNUSABLE,
        /** The store does not accept our credentials. */
        ACCESS_DENIED,
        /** The store refused the request; repeating is useless before somebody changes something. */
        REJECTED,
        /** The object in the archive is damaged. */
        CORRUPT,
        /** The store cannot be reached or is overloaded; later may be better. */
        UNAVAILABLE,
        /** A defect of this program. */
        INTERNAL
    }

    /** Sorts a failure. */
    public static Failure of(Throwable failure) {
        return new Failure(verdictOf(failure), messageOf(failure));
    }

    private static Verdict verdictOf(Throwable failure) {
        if (failure instanceof DefinitionException definition) {
            return definition instanceof NoArchiveException ? Verdict.PRECONDITION : Verdict.INVALID;
        }
        if (failure instanceof InvalidRequestException) {
            return Verdict.INVALID;
        }
        if (failure instanceof PreconditionException || failure instanceof InvalidStoreException) {
            return Verdict.PRECONDITION;
        }
        if (failure instanceof RefusedException || failure instanceof UnavailableException) {
            return Verdict.UNAVAILABLE;
        }
        if (failure instanceof HookException hook) {
            return hook instanceof HookException.InvalidObject ? Verdict.INVALID : Verdict.PRECONDITION;
        }
        if (failure instanceof KubernetesException kubernetes) {
            return verdictOf(kubernetes);
        }
        if (failure instanceof ArchiveException archive) {
            return verdictOf(archive);
        }
        if (failure instanceof RestoreException restore) {
            return verdictOf(restore);
        }
        if (failure instanceof CatalogException catalog) {
            return verdictOf(catalog);
        }
        if (failure instanceof BackupException backup) {
            return verdictOf(backup);
        }
        if (failure instanceof RetentionException) {
            return Verdict.PRECONDITION;
        }
        if (failure instanceof RecoveryException recovery) {
            return verdictOf(recovery);
        }
        if (failure instanceof StoreException store) {
            return verdictOf(store);
        }
        return Verdict.INTERNAL;
    }

    private static Verdict verdictOf(KubernetesException failure) {
        boolean later = failure instanceof KubernetesException.Unavailable
                || failure instanceof KubernetesException.Conflict
                || failure instanceof KubernetesException.Gone;
        // What the API does not have or not allow is for somebody to repair; NOT_FOUND would speak of the archive.
        return later ? Verdict.UNAVAILABLE : Verdict.PRECONDITION;
    }

    private static Verdict verdictOf(BackupException failure) {
        if (failure instanceof BackupException.StoreFailed store) {
            Verdict verdict = verdictOf(store.failure());
            return verdict == Verdict.NOT_FOUND ? Verdict.REJECTED : verdict;
        }
        if (failure instanceof BackupException.CannotConnect || failure instanceof BackupException.SessionLost) {
            return Verdict.UNAVAILABLE;
        }
        if (failure instanceof BackupException.DamagedPages) {
            return Verdict.CORRUPT;
        }
        if (failure instanceof BackupException.SourceUnusable) {
            return Verdict.UNUSABLE;
        }
        return failure instanceof BackupException.IdTaken ? Verdict.CONFLICT : Verdict.PRECONDITION;
    }

    private static Verdict verdictOf(RecoveryException failure) {
        if (failure instanceof RecoveryException.NoSuitableBackup) {
            return Verdict.NOT_FOUND;
        }
        if (failure instanceof RecoveryException.CorruptArchive) {
            return Verdict.CORRUPT;
        }
        if (failure instanceof RecoveryException.StoreFailed store) {
            Verdict verdict = verdictOf(store.failure());
            return verdict == Verdict.NOT_FOUND ? Verdict.REJECTED : verdict;
        }
        return failure instanceof RecoveryException.DestinationUnusable ? Verdict.UNUSABLE : Verdict.PRECONDITION;
    }

    private static Verdict verdictOf(CatalogException failure) {
        if (failure instanceof CatalogException.NoSuchBackup) {
            return Verdict.NOT_FOUND;
        }
        if (failure instanceof CatalogException.IdTaken) {
            return Verdict.CONFLICT;
        }
        return failure instanceof CatalogException.UnknownVolume ? Verdict.CORRUPT : Verdict.PRECONDITION;
    }

    private static Verdict verdictOf(ArchiveException failure) {
        if (failure instanceof ArchiveException.StoreFailed store) {
            Verdict verdict = verdictOf(store.failure());
            return verdict == Verdict.NOT_FOUND ? Verdict.REJECTED : verdict;
        }
        if (failure instanceof ArchiveException.Conflict) {
            return Verdict.CONFLICT;
        }
        if (failure instanceof ArchiveException.ForeignArchive) {
            return Verdict.FOREIGN_ARCHIVE;
        }
        return Verdict.UNUSABLE;
    }

    private static Verdict verdictOf(RestoreException failure) {
        if (failure instanceof RestoreException.NotArchived) {
            return Verdict.NOT_FOUND;
        }
        if (failure instanceof RestoreException.Corrupt) {
            return Verdict.CORRUPT;
        }
        if (failure instanceof RestoreException.StoreFailed store) {
            // NOT_FOUND ends recovery, so only NotArchived may say it; a bucket that is not there is something else.
            Verdict verdict = verdictOf(store.failure());
            return verdict == Verdict.NOT_FOUND ? Verdict.REJECTED : verdict;
        }
        return Verdict.UNUSABLE;
    }

    private static Verdict verdictOf(StoreException failure) {
        if (failure instanceof StoreException.NotFound) {
            return Verdict.NOT_FOUND;
        }
        if (failure instanceof StoreException.AlreadyExists) {
            return Verdict.CONFLICT;
        }
        if (failure instanceof StoreException.AccessDenied) {
            return Verdict.ACCESS_DENIED;
        }
        if (failure instanceof StoreException.Rejected) {
            return Verdict.REJECTED;
        }
        return Verdict.UNAVAILABLE;
    }

    private static String messageOf(Throwable failure) {
        String message = verdictOf(failure) == Verdict.INTERNAL
                // Whatever an unforeseen exception says may hold anything; the log has it.
                ? "internal error (" + failure.getClass().getSimpleName() + "); the log of the archiver tells more"
                : String.valueOf(failure.getMessage());
        String line = message.replaceAll("\\s*\\R\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
        return line.length() > MAX_MESSAGE ? line.substring(0, MAX_MESSAGE - 1) + "…" : line;
    }
}
