package io.walarchiver.backup.base;

import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.store.StoreException;
import java.io.IOException;

/** The one map from what can go wrong to what callers of a backup handle. */
final class BackupFailures {

    private static final int MOST_CHARACTERS = 500;

    private BackupFailures() {}

    static Throwable describe(Throwable failure, String location) {
        if (failure instanceof StoreException store) {
            return new BackupException.StoreFailed(
                    "cannot store the backup in " + location + ": " + store.getMessage(), store);
        }
        if (failure instanceof CatalogException catalog) {
            return new BackupException.IdTaken(message(catalog), catalog);
        }
        if (failure instanceof IOException io) {
            return new BackupException.SourceUnusable("cannot read or compress the server's files: " + io, io);
        }
        return failure;
    }

    /** What the record of a failed backup says, in barman's words. */
    static String recorded(BackupPhase phase, Throwable failure) {
        String firstLine = message(failure).lines().findFirst().orElse("");
        String cause =
                firstLine.length() <= MOST_CHARACTERS ? firstLine : firstLine.substring(0, MOST_CHARACTERS) + "…";
        return "failure " + phase.words() + " (" + cause + ")";
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }
}
