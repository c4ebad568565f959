package io.walarchiver.store.file;

import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreException.Detail;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.RejectedExecutionException;

/** Turns what the operating system says into what the port says, once, here. */
final class FileFailures {

    private final Path root;

    FileFailures(Path root) {
        this.root = root;
    }

    /** The port's failure for one that happened while doing {@code what}, for example {@code "put of a/b"}. */
    Throwable map(String what, Throwable failure) {
        if (failure instanceof StoreException) {
            return failure;
        }
        if (failure instanceof RejectedExecutionException) {
            return new StoreException.Unavailable(
                    what + " in " + root + ": the service is shutting down", Detail.NONE, failure);
        }
        if (failure instanceof UnsupportedOperationException) {
            return new StoreException.Rejected(
                    what + " in " + root + ": the file system has no hard links or no POSIX permissions, which the"
                            + " archive needs; use another file system",
                    Detail.NONE,
                    failure);
        }
        if (!(failure instanceof IOException)) {
            return failure;
        }
        if (failure instanceof AccessDeniedException) {
            return new StoreException.AccessDenied(
                    what + " in " + root + ": permission denied on " + failure.getMessage() + " for user "
                            + System.getProperty("user.name") + "; give that user the right to read and write there",
                    Detail.NONE,
                    failure);
        }
        if (isReadOnly()) {
            return new StoreException.AccessDenied(
                    what + ": " + root + " is on a file system mounted read-only; mount it read-write",
                    Detail.NONE,
                    failure);
        }
        if (isFull(failure)) {
            return new StoreException.Unavailable(
                    what + ": no space left for " + root + "; free some or enlarge the volume", Detail.NONE, failure);
        }
        return new StoreException.Unavailable(what + " in " + root + ": " + reason(failure), Detail.NONE, failure);
    }

    private boolean isReadOnly() {
        try {
            return Files.getFileStore(root).isReadOnly();
        } catch (IOException e) {
            return false;
        }
    }

    /** The words are those of the C library, which the JDK gives on; a full disk says so itself in any language. */
    private boolean isFull(Throwable failure) {
        String message = reason(failure);
        if (message.contains("No space left") || message.contains("quota")) {
            return true;
        }
        try {
            return Files.getFileStore(root).getUsableSpace() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String reason(Throwable failure) {
        String message = failure.getMessage();
        if (failure instanceof FileSystemException fileSystem && fileSystem.getReason() == null) {
            return failure.getClass().getSimpleName() + " " + message;
        }
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
